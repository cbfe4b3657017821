"""New intents beside trained ones: against loops, and what adding and removing must not change."""

import math

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.evaluation.unseen import (
    Evidence,
    affinity,
    calibrate,
    confidence,
    direction,
    extended_logits,
    margin,
    new_intent,
    scope_scores,
)
from mia_plugins.evaluation.unseen_metrics import unseen_metrics

LABELS, WIDTH = 4, 6


def make_evidence(rng, clips):
    views = tuple(rng.normal(size=(clips, WIDTH)).astype(np.float32) for _ in range(2))
    return Evidence(rng.normal(size=(clips, LABELS)).astype(np.float32), views)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def calibration(rng):
    ids = np.arange(40) % LABELS
    return calibrate(make_evidence(rng, 40), ids, [rng.normal(size=(3, WIDTH)) for _ in range(LABELS)])


def cosine(a, b):
    dot = sum(float(x) * float(y) for x, y in zip(a, b))
    return dot / math.sqrt(sum(float(x) ** 2 for x in a)) / math.sqrt(sum(float(y) ** 2 for y in b))


def slow_affinities(evidence, calibration, members):
    """Of every clip, by loops; ``members``: in each view the vectors that the intent is made of."""
    result = np.zeros(len(evidence.logits))
    for view, fitted, made_of in zip(evidence.views, calibration.evidence.views, members):

        def near(clip, made_of=made_of):
            return sum(cosine(clip, each) for each in made_of) / len(made_of)

        dev = [near(clip) for clip in fitted]
        mean = sum(dev) / len(dev)
        std = math.sqrt(sum((each - mean) ** 2 for each in dev) / len(dev))
        result += [(near(clip) - mean) / std / len(evidence.views) for clip in view]
    return result


def slow_confidences(logits):
    return [math.log(sum(math.exp(float(each)) for each in row)) for row in logits]


@pytest.mark.parametrize("shown", [0, 1, 5])
def test_a_new_intents_logit_is_that_of_loops(rng, calibration, shown):
    sentences, test = rng.normal(size=(3, WIDTH)), make_evidence(rng, 25)
    examples = [rng.normal(size=(shown, WIDTH)) for _ in range(2)] if shown else None
    members = [[*sentences, *(examples[view] if shown else ())] for view in range(2)]

    dev_sure = slow_confidences(calibration.evidence.logits)
    mean = sum(dev_sure) / len(dev_sure)
    std = math.sqrt(sum((each - mean) ** 2 for each in dev_sure) / len(dev_sure))

    def margins(evidence):
        near = slow_affinities(evidence, calibration, members)
        return [a - 0.5 * (c - mean) / std for a, c in zip(near, slow_confidences(evidence.logits))]

    offset = float(np.quantile(margins(calibration.evidence), 0.9))
    expected = [max(row) + std * (each - offset) for row, each in zip(test.logits, margins(test))]
    intent = new_intent(calibration, sentences, examples, rate=0.1)
    logits = extended_logits(calibration, [intent], test)
    np.testing.assert_allclose(logits[:, LABELS], expected, rtol=1e-6, atol=1e-6)
    assert np.array_equal(logits[:, :LABELS], test.logits.astype(np.float64))


def test_a_trained_intent_is_standardised_on_clips_of_the_others(rng, calibration):
    views, ids = calibration.evidence.views, calibration.label_ids
    for label, intent in enumerate(calibration.trained):
        others = affinity(intent, [view[ids != label] for view in views])
        assert others.mean() == pytest.approx(0, abs=1e-9)
        for place, view in enumerate(views):
            near = np.array([cosine(clip, intent.directions[place]) for clip in view[ids != label]])
            assert intent.std[place] == pytest.approx(near.std() * np.linalg.norm(intent.directions[place]), rel=1e-6)


@pytest.mark.parametrize("rate", [0.025, 0.05, 0.25])
def test_it_takes_its_share_of_the_trained_clips_and_no_more(rng, calibration, rate):
    intent = new_intent(calibration, rng.normal(size=(3, WIDTH)), rate=rate)
    claimed = extended_logits(calibration, [intent], calibration.evidence).argmax(axis=1) == LABELS
    assert claimed.sum() == math.floor(rate * 40)


def test_no_intent_changes_the_column_of_another_or_the_trained_ones(rng, calibration):
    test = make_evidence(rng, 25)
    first, second = (new_intent(calibration, rng.normal(size=(3, WIDTH))) for _ in range(2))
    both, turned = (extended_logits(calibration, pair, test) for pair in ([first, second], [second, first]))
    alone = extended_logits(calibration, [first], test)
    assert np.array_equal(both[:, : LABELS + 1], alone)
    assert np.array_equal(both[:, [*range(LABELS), LABELS + 1, LABELS]], turned)


def test_the_order_of_trained_intents_does_not_matter(rng):
    evidence, ids, test = make_evidence(rng, 40), np.arange(40) % LABELS, make_evidence(rng, 9)
    described, sentences = [rng.normal(size=(3, WIDTH)) for _ in range(LABELS)], rng.normal(size=(2, WIDTH))
    order = [2, 0, 3, 1]
    columns = []
    for chosen in (list(range(LABELS)), order):
        turned = Evidence(evidence.logits[:, chosen], evidence.views)
        calibration = calibrate(turned, np.argsort(chosen)[ids], [described[i] for i in chosen])
        moved = Evidence(test.logits[:, chosen], test.views)
        columns.append(extended_logits(calibration, [new_intent(calibration, sentences)], moved)[:, LABELS])
    np.testing.assert_allclose(*columns, rtol=1e-9)


def test_scale_of_vectors_does_not_matter_and_equal_sentences_count_once(rng, calibration):
    sentences, test = rng.normal(size=(3, WIDTH)), make_evidence(rng, 9)
    larger = Evidence(test.logits, tuple(7 * view for view in test.views))
    intents = [new_intent(calibration, each) for each in (sentences, 5 * sentences, np.repeat(sentences, 2, axis=0))]
    want = margin(calibration, intents[0], test)
    for intent in intents:
        np.testing.assert_allclose(margin(calibration, intent, larger), want, rtol=1e-5)


def test_an_example_counts_as_a_sentence(rng):
    sentences, examples = rng.normal(size=(2, WIDTH)), rng.normal(size=(1, WIDTH))
    np.testing.assert_allclose(direction(sentences, examples), direction(np.concatenate([sentences, examples])))


def test_a_clip_near_to_the_sentences_is_claimed_where_the_classifier_is_unsure(rng, calibration):
    sentences = rng.normal(size=(3, WIDTH))
    intent = new_intent(calibration, sentences)
    near = sentences.mean(axis=0)[None]
    flat, sure = np.zeros((1, LABELS)), np.array([[30.0, 0, 0, 0]])
    assert extended_logits(calibration, [intent], Evidence(flat, (near, near))).argmax() == LABELS
    assert extended_logits(calibration, [intent], Evidence(sure, (near, near))).argmax() == 0
    assert confidence(flat)[0] == pytest.approx(math.log(LABELS))


def test_the_in_scope_score_is_that_of_loops(rng, calibration):
    test, std = make_evidence(rng, 9), np.std(slow_confidences(calibration.evidence.logits))
    expected = []
    for clip in range(9):
        total = 0.0
        for label, intent in enumerate(calibration.trained):
            near = [affinity(intent, [view[clip : clip + 1] for view in test.views])[0]]
            total += math.exp(float(test.logits[clip, label]) + 0.1 * std * near[0])
        expected.append(math.log(total))
    np.testing.assert_allclose(scope_scores(calibration, test), expected, rtol=1e-6)


def test_what_cannot_be_calibrated(rng, calibration):
    evidence = make_evidence(rng, 3)
    described = [np.ones((1, WIDTH))] * LABELS
    with pytest.raises(UserError, match="too few"):
        calibrate(evidence, [1, 1, 1], described)
    with pytest.raises(UserError, match="different numbers of rows"):
        calibrate(evidence, [1, 2], described)
    with pytest.raises(UserError, match="NaN or infinite"):
        calibrate(Evidence(np.full((3, LABELS), np.nan), evidence.views), [0, 1, 2], described)
    with pytest.raises(UserError, match="differ in width"):
        new_intent(calibration, np.ones((2, WIDTH + 1)))
    for rate in (0, 1, float("nan")):
        with pytest.raises(UserError, match="rate"):
            new_intent(calibration, np.ones((2, WIDTH)), rate=rate)


def test_metrics_are_those_of_loops(rng):
    logits, true = rng.normal(size=(60, LABELS + 2)), rng.integers(0, LABELS + 3, 60)
    right = {"trained": [], "new": [], "among": []}
    scores, inside = rng.normal(size=60), []
    for row, label in zip(logits, true):
        chosen = max(range(LABELS + 2), key=lambda i, row=row: row[i])
        if label < LABELS:
            right["trained"].append(chosen == label)
        elif label < LABELS + 2:
            right["new"].append(chosen == label)
            right["among"].append((LABELS if row[LABELS] > row[LABELS + 1] else LABELS + 1) == label)
        inside.append(label < LABELS + 2)
    trained, new, among = (sum(each) / len(each) for each in right.values())
    pairs = [(a > b) + (a == b) / 2 for a, i in zip(scores, inside) if i for b, o in zip(scores, inside) if not o]
    expected = {
        "trained_acc": trained,
        "new_acc": new,
        "harmonic_acc": 2 / (1 / trained + 1 / new),
        "among_new_acc": among,
        "new_auroc": sum(pairs) / len(pairs),
    }
    assert unseen_metrics(logits, true, LABELS, scores) == pytest.approx(expected)


def test_only_what_there_are_clips_for_is_scored():
    logits = np.eye(3)
    assert set(unseen_metrics(logits, [0, 1, 1], 2)) == {"trained_acc"}
    assert set(unseen_metrics(logits, [2, 2, 2], 2)) == {"new_acc", "among_new_acc"}
    assert unseen_metrics(logits, [1, 0, 0], 2) == {"trained_acc": 0.0}
    assert unseen_metrics(logits[:2], [1, 2], 2)["harmonic_acc"] == 0.0
    assert unseen_metrics(logits, [3, 3, 3], 2, [1, 2, 3]) == {}
    assert unseen_metrics(logits, [0, 0, 3], 2, [3, 1, 2])["new_auroc"] == 0.5
    with pytest.raises(UserError, match="add those of new ones"):
        unseen_metrics(logits, [0, 1, 1], 3)
