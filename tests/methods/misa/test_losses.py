"""MISA's losses against their definitions, written with loops."""

import math

import pytest
import torch
from loops import mean, norm, softmax

from mia_plugins.methods.misa.losses import (
    EPSILON,
    adversarial,
    central_moment_discrepancy,
    difference,
    orthogonality,
    reconstruction,
    similarity,
)

CLIPS, DIM = 5, 4
ALL = torch.ones(CLIPS, dtype=torch.bool)
PRESENT = torch.ones(CLIPS, 3, dtype=torch.bool)


def vectors(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slow_cmd(left, right, moments=5):
    centres = mean(left), mean(right)
    total = norm([a - b for a, b in zip(*centres)])
    for k in range(2, moments + 1):
        kth = [
            mean([[(x - c) ** k for x, c in zip(row, centre)] for row in rows])
            for rows, centre in zip((left, right), centres)
        ]
        total += norm([a - b for a, b in zip(*kth)])
    return total


def slow_orthogonality(left, right):
    sides = []
    for rows in (left, right):
        centre = mean(rows)
        centred = [[x - c for x, c in zip(row, centre)] for row in rows]
        sides.append([[x / (norm(row) + EPSILON) for x in row] for row in centred])
    entries = [sum(a[i] * b[j] for a, b in zip(*sides)) for i in range(DIM) for j in range(DIM)]
    return sum(entry**2 for entry in entries) / len(entries)


@pytest.mark.parametrize("moments", [1, 2, 5])
def test_cmd_is_its_definition(moments):
    left, right = vectors(CLIPS, DIM), vectors(CLIPS, DIM, seed=1) ** 2
    got = central_moment_discrepancy(left, right, ALL, moments).item()
    assert got == pytest.approx(slow_cmd(left.tolist(), right.tolist(), moments))


def test_similarity_is_the_mean_over_pairs():
    shared = vectors(CLIPS, 3, DIM)
    text, video, audio = (shared[:, i].tolist() for i in range(3))
    want = (slow_cmd(text, video) + slow_cmd(text, audio) + slow_cmd(video, audio)) / 3
    assert similarity(shared, PRESENT).item() == pytest.approx(want, rel=1e-5)


def test_cmd_of_equal_batches_is_zero_with_a_gradient_of_zero():
    shared = vectors(1, 1, DIM).repeat(1, 3, 1).requires_grad_()
    loss = similarity(shared, PRESENT[:1])
    loss.backward()
    assert loss.item() == 0
    assert not shared.grad.any()


def test_orthogonality_is_its_definition():
    left, right = vectors(CLIPS, DIM), vectors(CLIPS, DIM, seed=1)
    want = slow_orthogonality(left.tolist(), right.tolist())
    assert orthogonality(left, right, ALL).item() == pytest.approx(want)
    assert orthogonality(right, left, ALL).item() == pytest.approx(want)


def test_orthogonal_representations_have_nothing_in_common():
    left = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    right = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, -1.0], [0.0, -1.0]])
    assert orthogonality(left, right, ALL[:4]).item() == 0
    assert orthogonality(left, left, ALL[:4]).item() > 0


def test_difference_adds_three_pairs_within_and_three_between_modalities():
    private, shared = vectors(CLIPS, 3, DIM), vectors(CLIPS, 3, DIM, seed=1)
    p, s = ([x[:, i].tolist() for i in range(3)] for x in (private, shared))
    want = sum(slow_orthogonality(p[i], s[i]) for i in range(3))
    want += sum(slow_orthogonality(p[i], p[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert difference(private, shared, PRESENT).item() == pytest.approx(want, rel=1e-5)


def test_reconstruction_is_the_mean_squared_error():
    decoded, projected = vectors(CLIPS, 3, DIM), vectors(CLIPS, 3, DIM, seed=1)
    errors = [(a - b) ** 2 for a, b in zip(decoded.flatten().tolist(), projected.flatten().tolist())]
    assert reconstruction(decoded, projected, PRESENT).item() == pytest.approx(sum(errors) / len(errors), rel=1e-5)


def test_clips_that_lack_a_modality_are_as_if_not_there():
    private, shared = vectors(CLIPS, 3, DIM), vectors(CLIPS, 3, DIM, seed=1)
    domains = vectors(CLIPS, 3, 3, seed=2)
    has = {0: [True] * CLIPS, 1: [True, False, True, True, False], 2: [True, True, True, False, False]}
    present = torch.tensor([has[i] for i in range(3)]).T

    def rows(values, i, *of):
        there = [clip for clip in range(CLIPS) if all(has[m][clip] for m in of)]
        return values[there, i].tolist()

    pairs = ((0, 1), (0, 2), (1, 2))
    want = sum(slow_cmd(rows(shared, i, i, j), rows(shared, j, i, j)) for i, j in pairs) / 3
    assert similarity(shared, present).item() == pytest.approx(want, rel=1e-5)
    want = sum(slow_orthogonality(rows(private, i, i), rows(shared, i, i)) for i in range(3))
    want += sum(slow_orthogonality(rows(private, i, i, j), rows(private, j, i, j)) for i, j in pairs)
    assert difference(private, shared, present).item() == pytest.approx(want, rel=1e-5)
    there = present.flatten()
    want = (private - shared).square().flatten(0, 1)[there].mean().item()
    assert reconstruction(private, shared, present).item() == pytest.approx(want, rel=1e-5)
    truth = torch.arange(3).repeat(CLIPS)[there]
    want = torch.nn.functional.cross_entropy(domains.flatten(0, 1)[there], truth).item()
    assert adversarial(domains, present).item() == pytest.approx(want, rel=1e-5)


def test_adversarial_asks_whose_a_vector_is():
    domains = vectors(CLIPS, 3, 3) * 4
    rows = [(domains[clip, i].tolist(), i) for clip in range(CLIPS) for i in range(3)]
    want = sum(-math.log(softmax(logits)[truth]) for logits, truth in rows) / len(rows)
    assert adversarial(domains, PRESENT).item() == pytest.approx(want, rel=1e-5)
