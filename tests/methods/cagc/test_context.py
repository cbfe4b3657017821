"""The context-augmented transformer against the equations, one frame, one j, one head at a time."""

import pytest
import torch
from loops import add, attend, layer_norm, linear

from mia_plugins.methods.cagc.context import ContextTransformer

DIM = 8


def slow_context(model, frames, neighbours, kept):
    """``h_cv`` of one clip."""
    videos = [video for video, keep in zip(neighbours, kept) if keep]
    out = []
    for frame in frames:
        context = [0.0] * DIM
        for j in range(1, len(videos) + 1):
            context = add(context, attend([frame], videos[:j], videos[:j], model.heads)[0])
        mixed = layer_norm(model.context_norm, add(context, frame))
        out.append(layer_norm(model.norm, add(linear(model.linear, mixed), mixed)))
    return out


@pytest.mark.parametrize("heads", [1, 2])
def test_it_matches_the_loops(heads):
    torch.manual_seed(heads)
    model = ContextTransformer(DIM, heads)
    frames, neighbours = torch.randn(5, 3, DIM), torch.randn(5, 4, DIM)
    kept = torch.tensor([[1, 1, 1, 1], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]]).bool()
    got = model(frames, neighbours, kept)
    for clip in range(5):
        want = slow_context(model, frames[clip].tolist(), neighbours[clip].tolist(), kept[clip].tolist())
        assert torch.allclose(got[clip], torch.tensor(want), atol=1e-5)


def test_without_neighbours_nothing_is_read_and_the_gradient_is_finite():
    model = ContextTransformer(DIM, 2)
    frames, neighbours = torch.randn(2, 3, DIM, requires_grad=True), torch.randn(2, 4, DIM, requires_grad=True)
    context = model.read(frames, neighbours, torch.zeros(2, 4, dtype=torch.bool))
    assert not context.any()
    context.sum().backward()
    assert not frames.grad.any()
    assert not neighbours.grad.any()
