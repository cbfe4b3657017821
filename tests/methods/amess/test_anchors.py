"""Anchor selection (Eq. 5, 7; Listing 1) against loops."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_plugins.methods.amess.anchors import FLOOR, reliability, select_anchors


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def slow_reliability(text, fused):
    """Of one clip without padding."""
    scores = []
    for token in text:
        near = sorted([FLOOR, *(max(FLOOR, cosine(token, other)) for other in fused)], reverse=True)
        scores.append(near[0] / near[1])
    return scores


lengths = st.lists(st.integers(1, 9), min_size=1, max_size=4)


def ragged(lengths, seed, dim=5, extra=0):
    generator = torch.Generator().manual_seed(seed)
    length = max(lengths) + extra
    mask = torch.arange(length) < torch.tensor(lengths)[:, None]
    # noise, not zeros, on the padding: it must not matter
    text, fused = (torch.randn(len(lengths), length, dim, generator=generator, dtype=torch.float64) for _ in range(2))
    return text, fused, mask


@settings(deadline=None, max_examples=60)
@given(lengths=lengths, k=st.integers(1, 10), seed=st.integers(0, 10_000), extra=st.integers(0, 3))
def test_selection_matches_the_loops(lengths, k, seed, extra):
    text, fused, mask = ragged(lengths, seed, extra=extra)
    anchors = select_anchors(text, fused, mask, k)
    for i, length in enumerate(lengths):
        scores = slow_reliability(text[i, :length].tolist(), fused[i, :length].tolist())
        assert reliability(text, fused, mask)[i, :length].tolist() == pytest.approx(scores, rel=1e-9)
        want = sorted(range(length), key=lambda t: -scores[t])[:k]
        real = anchors.index[i][anchors.mask[i]]
        assert real.tolist() == want
        assert torch.equal(anchors.tokens[i, : len(want)], fused[i, want])


def test_padding_is_never_an_anchor_even_where_tokens_are_few():
    text, fused, mask = ragged([2, 7], seed=1)
    anchors = select_anchors(text, fused, mask, k=5)
    assert anchors.mask.tolist() == [[True, True, False, False, False], [True] * 5]
    assert set(anchors.index[0, :2].tolist()) == {0, 1}


def test_k_beyond_the_length_keeps_every_token():
    text, fused, mask = ragged([4, 6], seed=2)
    anchors = select_anchors(text, fused, mask, k=50)
    assert anchors.mask.sum(dim=1).tolist() == [4, 6]


def test_cosines_near_or_below_zero_do_not_blow_the_ratio_up():
    text = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    fused = torch.tensor([[[-1.0, 1e-9], [-1.0, 0.0]]])
    mask = torch.ones(1, 2, dtype=torch.bool)
    assert reliability(text, fused, mask).tolist() == [[1.0, 1.0]]
    fused = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    assert reliability(text, fused, mask).max().item() <= 1 / FLOOR + 1e-6


def test_equals_are_taken_in_order_however_far_the_batch_is_padded():
    text = torch.ones(1, 6, 3)
    for length in (6, 40, 300):
        wide = torch.zeros(1, length, 3)
        wide[:, :6] = 1
        mask = torch.arange(length)[None] < 6
        assert select_anchors(text.new_ones(1, length, 3), wide, mask, 3).index.tolist() == [[0, 1, 2]]


def test_gradient_reaches_the_chosen_tokens_only():
    text, fused, mask = ragged([5], seed=3)
    fused.requires_grad_()
    anchors = select_anchors(text, fused, mask, k=2)
    anchors.tokens.sum().backward()
    assert sorted(fused.grad[0].abs().sum(-1).nonzero()[:, 0].tolist()) == sorted(anchors.index[0].tolist())


def test_lower_precision_chooses_no_other_anchors():
    """Autocast would compute the cosines in bfloat16, where many are equal."""
    text, fused, mask = ragged([9] * 40, seed=0, dim=32)
    text = text.float()
    fused = text + 0.3 * fused.float()
    wanted = select_anchors(text, fused, mask, 4).index
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(select_anchors(text, fused, mask, 4).index, wanted)
