"""Parts that are handed clips of no frames: zeros, nothing added, and a gradient of zero at the padding."""

import pytest
import torch

from mia_plugins.nn.alignment import NAMES, build_alignment
from mia_plugins.nn.attention import CrossAttention, attend
from mia_plugins.nn.crossmodal import CrossmodalTransformer
from mia_plugins.nn.frames import as_frames, masked_mean

DIM, HEADS = 6, 2


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def biased(module):
    """A module whose biases are not zero, as after some training."""
    for name, weight in module.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(weight)
    return module.double().eval()


def test_attention_to_nothing_is_zero_and_so_is_its_gradient():
    query, source = randn(2, 3, DIM), randn(2, 4, DIM, seed=1).requires_grad_()
    mask = torch.tensor([[True, True, False, True], [False] * 4])[:, None].expand(2, 3, 4).clone()
    mask[0, 2] = False  # one target of the first clip
    read = attend(query, source, source, mask, HEADS)
    assert not read[1].any()
    assert not read[0, 2].any()
    assert read[0, :2].all()
    read.square().sum().backward()
    assert torch.isfinite(source.grad).all()
    assert not source.grad[1].any()
    assert not source.grad[0, 2].any()  # the padding


@pytest.mark.parametrize("residual", [True, False])
def test_a_query_with_nothing_to_read_stays_as_it_is(residual):
    block = biased(CrossAttention(DIM, 4, HEADS, dropout=0.0, residual=residual))
    query, mask = randn(2, 3, DIM), torch.tensor([[True, False], [False, False]])
    got = block(query, randn(2, 2, 4), mask)
    torch.testing.assert_close(got[1], block.norm(query[1] if residual else torch.zeros_like(query[1])))
    assert not torch.allclose(got[0], block.norm(query[0]))


@pytest.mark.parametrize("options", [{}, {"causal": False}, {"host": True}], ids=["causal", "all", "host"])
def test_a_crossmodal_transformer_without_sources_changes_the_query_by_itself(options):
    torch.manual_seed(0)
    model = biased(CrossmodalTransformer(DIM, HEADS, 2, **options))
    query, query_mask = randn(2, 3, DIM), torch.ones(2, 3, dtype=torch.bool)
    source_mask = torch.tensor([[True, False], [False, False]])
    got = model(query, query_mask, key=randn(2, 2, DIM, seed=1), source_mask=source_mask)
    hidden = model.embed(query)
    for layer in model.layers:
        hidden = hidden + layer.outer(torch.relu(layer.inner(layer.feedforward_norm(hidden))))
    torch.testing.assert_close(got[1], model.norm(hidden)[1])
    assert not torch.allclose(got[0], model.norm(hidden)[0])


@pytest.mark.parametrize("name", NAMES)
def test_alignment_of_no_frames_is_masked(name):
    align = build_alignment(name, dim=3, max_frames=5, length=4).double()
    frames = as_frames(randn(3, 5, 3), torch.tensor([5, 0, 2]))
    values = frames.values.double().requires_grad_()
    aligned, mask = align(values, frames.mask)
    assert mask.any(dim=1).tolist() == [True, False, True]
    (aligned * mask[..., None]).sum().backward()
    assert all(torch.isfinite(weight.grad).all() for weight in align.parameters())
    assert not values.grad[1].any()
    if name != "none":
        assert not aligned[1].any()


def test_the_mean_of_no_frames_is_zero():
    frames = as_frames(torch.full((2, 3, 2), 7.0), torch.tensor([0, 2]))
    assert frames.present.tolist() == [False, True]
    assert masked_mean(*frames).tolist() == [[0.0, 0.0], [7.0, 7.0]]
