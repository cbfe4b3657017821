"""Eq. 15 and 16 against loops in plain Python."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_plugins.methods.amess import losses
from mia_plugins.nn.labels import memberships
from mia_plugins.nn.losses import classification_loss


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def triplet_contrastive(sentence, label_ids, descriptions, *more):
    return losses.triplet_contrastive(sentence, memberships(label_ids, len(descriptions)), descriptions, *more)


def slow_triplet(sentence, labels, descriptions, temperature, literal):
    """The equation, one clip, one mate, one description at a time."""
    terms = []
    for i, label in enumerate(labels):
        if label >= len(descriptions):
            continue
        positive = sum(math.exp(cosine(sentence[i], s) / temperature) for s in descriptions[label])
        negative = 0.0
        for k, other in enumerate(labels):
            if k == i or other >= len(descriptions) or (other == label and not literal):
                continue
            negative += sum(math.exp(cosine(sentence[i], s) / temperature) for s in descriptions[other])
        if negative:
            terms.append(-math.log(positive / negative))
    return sum(terms) / len(terms) if terms else 0.0


@settings(deadline=None, max_examples=60)
@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=7),  # 4 is out of scope
    literal=st.booleans(),
    temperature=st.sampled_from([0.05, 0.7, 3.0]),
    seed=st.integers(0, 10_000),
)
def test_triplet_matches_the_loops(labels, literal, temperature, seed):
    generator = torch.Generator().manual_seed(seed)
    sentence = torch.randn(len(labels), 6, generator=generator)
    descriptions = torch.randn(4, 3, 6, generator=generator)
    got = triplet_contrastive(sentence, torch.tensor(labels), descriptions, temperature, literal)
    want = slow_triplet(sentence.double().tolist(), labels, descriptions.double().tolist(), temperature, literal)
    assert got.item() == pytest.approx(want, rel=1e-4, abs=1e-5)


def slow_sets(sentence, labels, descriptions, temperature, literal):
    """The reading for several labels a clip, one mate and one of its labels at a time."""
    terms = []
    for i, mine in enumerate(labels):
        near = [s for label in mine for s in descriptions[label]]
        mates = [other for k, other in enumerate(labels) if k != i]
        far = [s for other in mates for label in other if literal or label not in mine for s in descriptions[label]]
        if near and far:
            sums = [sum(math.exp(cosine(sentence[i], s) / temperature) for s in part) for part in (near, far)]
            terms.append(-math.log(sums[0] / sums[1]))
    return sum(terms) / len(terms) if terms else 0.0


@settings(deadline=None, max_examples=60)
@given(
    labels=st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=6),
    literal=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_several_labels_match_the_loops(labels, literal, seed):
    generator = torch.Generator().manual_seed(seed)
    sentence = torch.randn(len(labels), 6, generator=generator, requires_grad=True)
    descriptions = torch.randn(4, 3, 6, generator=generator)
    rows = torch.tensor([[float(label in its) for label in range(4)] for its in labels])
    got = triplet_contrastive(sentence, rows, descriptions, 0.7, literal)
    want = slow_sets(sentence.double().tolist(), labels, descriptions.double().tolist(), 0.7, literal)
    assert got.item() == pytest.approx(want, rel=1e-4, abs=1e-5)
    got.backward()
    assert torch.isfinite(sentence.grad).all()


def test_a_number_is_described_by_its_degree():
    sentence, descriptions = torch.randn(5, 6), torch.randn(7, 3, 6)
    got = triplet_contrastive(sentence, torch.tensor([-4.0, -0.2, 0.4, 1.5, 3.0]), descriptions)
    assert torch.equal(got, triplet_contrastive(sentence, torch.tensor([0, 3, 3, 5, 6]), descriptions))


@pytest.mark.parametrize("labels", [[2], [1, 1, 1], [4, 4], [4, 4, 0]])
def test_a_batch_without_negatives_adds_nothing_and_its_gradient_is_zero(labels):
    sentence = torch.randn(len(labels), 6, requires_grad=True)
    loss = triplet_contrastive(sentence, torch.tensor(labels), torch.randn(4, 3, 6))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(sentence.grad, torch.zeros_like(sentence))


def test_lower_precision_of_the_model_is_not_that_of_the_loss():
    sentence, descriptions = torch.randn(6, 16), torch.randn(4, 3, 16)
    labels = torch.tensor([0, 1, 2, 3, 0, 4])
    wanted = triplet_contrastive(sentence, labels, descriptions)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = triplet_contrastive(sentence, labels, descriptions)
    assert found.dtype == torch.float32
    assert torch.equal(found, wanted)


def test_out_of_scope_clips_take_no_part():
    sentence, descriptions = torch.randn(5, 6), torch.randn(4, 3, 6)
    labels = torch.tensor([0, 4, 1, 4, 3])
    whole = triplet_contrastive(sentence, labels, descriptions)
    alone = triplet_contrastive(sentence[labels < 4], labels[labels < 4], descriptions)
    assert torch.allclose(whole, alone)


def test_triplet_gradient():
    labels, descriptions = torch.tensor([0, 1, 1, 3, 4]), torch.randn(4, 3, 6, dtype=torch.float64)

    def numeric(values, step=1e-3):
        base = values.clone()
        grad = torch.zeros_like(base)
        for i in range(base.numel()):
            for sign in (1, -1):
                moved = base.clone().flatten()
                moved[i] += sign * step
                value = slow_triplet(moved.view_as(base).tolist(), labels.tolist(), descriptions.tolist(), 0.7, False)
                grad.view(-1)[i] += sign * value / (2 * step)
        return grad

    sentence = torch.randn(5, 6, dtype=torch.float64, requires_grad=True)
    triplet_contrastive(sentence, labels, descriptions).backward()
    assert torch.allclose(sentence.grad, numeric(sentence.detach()), atol=1e-5)


def slow_classification(logits, labels, num_labels):
    def log_softmax(row):
        top = max(row)
        norm = top + math.log(sum(math.exp(x - top) for x in row))
        return [x - norm for x in row]

    rows = [log_softmax(row) for row in logits]
    if len(logits[0]) > num_labels:
        return -sum(row[label] for row, label in zip(rows, labels)) / len(rows)
    known = [-row[label] for row, label in zip(rows, labels) if label < num_labels]
    unknown = [-sum(row) / len(row) for row, label in zip(rows, labels) if label >= num_labels]
    return sum(sum(part) / len(part) for part in (known, unknown) if part)


@settings(deadline=None, max_examples=60)
@given(
    labels=st.lists(st.integers(0, 3), min_size=1, max_size=6),
    as_class=st.booleans(),
    scale=st.sampled_from([1.0, 100.0]),
    seed=st.integers(0, 999),
)
def test_classification_matches_the_loops(labels, as_class, scale, seed):
    logits = scale * torch.randn(len(labels), 3 + as_class, generator=torch.Generator().manual_seed(seed))
    got = classification_loss(logits, torch.tensor(labels), 3)
    assert got.item() == pytest.approx(slow_classification(logits.double().tolist(), labels, 3), rel=1e-4, abs=1e-5)


def test_classification_gradient():
    for columns in (3, 4):
        logits = torch.randn(4, columns, dtype=torch.float64, requires_grad=True)
        classification_loss(logits, torch.tensor([0, 2, 3, 3]), 3).backward()
        for i in range(logits.numel()):
            moved = [logits.detach().clone() for _ in range(2)]
            moved[0].view(-1)[i] += 1e-4
            moved[1].view(-1)[i] -= 1e-4
            up, down = (slow_classification(m.tolist(), [0, 2, 3, 3], 3) for m in moved)
            assert logits.grad.view(-1)[i].item() == pytest.approx((up - down) / 2e-4, abs=1e-4)
