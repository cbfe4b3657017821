"""The contrastive losses against loops in plain Python."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_plugins.nn.losses import classification_loss, nt_xent, supervised_contrast, task_loss

LABELS = 3  # an id of 3 is out of scope


def similar(a, b, temperature):
    """The exponential of a cosine."""
    cosine = sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return math.exp(cosine / temperature)


def slow_supervised(anchor, other, labels, temperature):
    terms = []
    for a, label in zip(anchor, labels):
        if label == LABELS:
            continue
        near = sum(similar(a, o, temperature) for o, its in zip(other, labels) if its == label)
        far = sum(similar(a, o, temperature) for o, its in zip(other, labels) if its not in (label, LABELS))
        terms.append(-math.log(near / (near + far)))
    return sum(terms) / len(terms) if terms else 0.0


def slow_nt_xent(first, second, taking_part, temperature):
    views = [(clip, view) for view in (first, second) for clip, part in enumerate(taking_part) if part]
    terms = []
    for i, (clip, view) in enumerate(views):
        others = [(c, similar(view[clip], v[c], temperature)) for k, (c, v) in enumerate(views) if k != i]
        (pair,) = [value for c, value in others if c == clip]
        terms.append(-math.log(pair / sum(value for _, value in others)))
    return sum(terms) / len(terms) if terms else 0.0


cases = {
    "labels": st.lists(st.integers(0, LABELS), min_size=1, max_size=7),
    "temperature": st.sampled_from([0.05, 0.7, 3.0]),
    "seed": st.integers(0, 10_000),
}


def vectors(labels, seed):
    return torch.randn(2, len(labels), 5, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=60)
@given(**cases)
def test_supervised_contrast_matches_the_loops(labels, temperature, seed):
    anchor, other = vectors(labels, seed)
    got = supervised_contrast(anchor, other, torch.tensor(labels), num_labels=LABELS, temperature=temperature)
    want = slow_supervised(anchor.double().tolist(), other.double().tolist(), labels, temperature)
    assert got.item() == pytest.approx(want, rel=1e-4, abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(**cases)
def test_nt_xent_matches_the_loops(labels, temperature, seed):
    first, second = vectors(labels, seed)
    part = [label < LABELS for label in labels]
    got = nt_xent(first, second, torch.tensor(part), temperature=temperature)
    want = slow_nt_xent(first.double().tolist(), second.double().tolist(), part, temperature)
    assert got.item() == pytest.approx(want, rel=1e-4, abs=1e-5)


def test_clips_that_lack_the_modality_are_as_if_not_there():
    labels = torch.tensor([0, 1, 0, 3, 2, 1])
    anchor, other = vectors(labels, 0)
    present = torch.tensor([True, True, False, True, True, False])
    options = {"num_labels": LABELS, "temperature": 0.7}
    got = supervised_contrast(anchor, other, labels, present=present, **options)
    want = supervised_contrast(anchor[present], other[present], labels[present], **options)
    torch.testing.assert_close(got, want)


def both(first, second, labels):
    yield supervised_contrast(first, second, labels, num_labels=LABELS, temperature=0.7)
    yield nt_xent(first, second, labels < LABELS, temperature=0.7)


@pytest.mark.parametrize("labels", [[2], [3], [3, 3], [3, 1]])
def test_without_a_negative_there_is_no_loss_and_its_gradient_is_zero(labels):
    for number in (0, 1):
        views = torch.randn(2, len(labels), 5, requires_grad=True)
        loss = list(both(views[0], views[1], torch.tensor(labels)))[number]
        loss.backward()
        assert loss.item() == pytest.approx(0, abs=1e-6)
        assert views.grad.abs().max() < 1e-6


def test_lower_precision_of_the_model_is_not_that_of_the_loss():
    first, second = vectors([0] * 6, 0)
    labels = torch.tensor([0, 1, 2, 2, 0, 3])
    wanted = list(both(first, second, labels))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert list(both(first, second, labels)) == wanted


def test_the_form_of_the_labels_chooses_the_loss():
    logits, ids = torch.randn(6, 3), torch.tensor([0, 1, 2, 2, 3, 0])
    assert torch.equal(task_loss(logits, ids, 3), classification_loss(logits, ids, 3))
    several = (torch.rand(6, 3) < 0.4).float()
    slow = [
        math.log(1 + math.exp(-x if there else x))  # of a label that is there its probability, else what is left of it
        for row, labels in zip(logits.tolist(), several.tolist())
        for x, there in zip(row, labels)
    ]
    assert task_loss(logits, several, 3).item() == pytest.approx(sum(slow) / 18, rel=1e-5)
    numbers = torch.randn(6)
    slow = [abs(p - t) for p, t in zip(logits[:, 0].tolist(), numbers.tolist())]
    assert task_loss(logits[:, :1], numbers, 1).item() == pytest.approx(sum(slow) / 6, rel=1e-5)


def test_a_loss_of_other_problems_is_computed_in_full_precision():
    logits = torch.full((4, 1), 2.01).bfloat16()
    assert task_loss(logits, torch.zeros(4), 1).dtype == torch.float32
    assert task_loss(logits, torch.zeros(4, 1), 1).dtype == torch.float32


def slow_shared(anchor, other, labels, temperature):
    """As ``slow_supervised``, for sets of labels."""
    terms = []
    for i, mine in enumerate(labels):
        if mine:
            near = [o for k, (o, its) in enumerate(zip(other, labels)) if mine & its]
            every = [o for o, its in zip(other, labels) if its]
            ratio = sum(similar(anchor[i], o, temperature) for o in near)
            terms.append(-math.log(ratio / sum(similar(anchor[i], o, temperature) for o in every)))
    return sum(terms) / len(terms) if terms else 0.0


@settings(deadline=None, max_examples=40)
@given(
    labels=st.lists(st.sets(st.integers(0, 2)), min_size=1, max_size=7),
    temperature=cases["temperature"],
    seed=cases["seed"],
)
def test_positives_share_a_label(labels, temperature, seed):
    anchor, other = vectors(labels, seed)
    rows = torch.tensor([[float(label in its) for label in range(LABELS)] for its in labels])
    got = supervised_contrast(anchor, other, rows, num_labels=LABELS, temperature=temperature)
    want = slow_shared(anchor.double().tolist(), other.double().tolist(), labels, temperature)
    assert got.item() == pytest.approx(want, rel=1e-4, abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    numbers=st.lists(st.sampled_from([-3.0, -2.5, -1.4, -0.5, 0.0, 0.4, 0.5, 1.5, 2.6, 40.0]), min_size=1, max_size=7),
    seed=cases["seed"],
)
def test_positives_have_the_same_degree(numbers, seed):
    anchor, other = vectors(numbers, seed)
    degrees = [{round(number)} for number in numbers]  # Python, too, rounds half to even
    got = supervised_contrast(anchor, other, torch.tensor(numbers), num_labels=1, temperature=0.7)
    want = slow_shared(anchor.double().tolist(), other.double().tolist(), degrees, 0.7)
    assert got.item() == pytest.approx(want, rel=1e-4, abs=1e-5)
