"""The loop: what an epoch does to the weights and what it reports, against numbers worked out by hand."""

import math

import pytest
import torch
from torch import nn

from mia_plugins.errors import UserError
from mia_plugins.plugin.method import BasicOutput
from mia_plugins.training.loop import Epoch, drop_modalities, epochs_since_best, fit, train_epoch
from mia_plugins.training.predict import predict
from mia_plugins.training.settings import TrainSettings

CPU = torch.device("cpu")
FREE = TrainSettings(grad_clip=0, num_train_epochs=100, wait_patience=100)  # nothing is cut, nothing stops


class Still:
    """A scheduler that does nothing but count."""

    steps = 0

    def step(self):
        self.steps += 1


class Scalar(nn.Module):
    """One weight ``w``; the loss of a clip is ``w`` times its value, in a term of its own twice that, and a constant."""

    pretrained = ()

    def __init__(self, terms=True):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([1.0, 0.0]))
        self.terms, self.seen = terms, []

    def forward(self, batch):
        self.seen.append((self.training, {key: value.tolist() for key, value in batch.items()}))
        value = batch["audio_feats"]
        return BasicOutput((self.w * value[:, None]), value)

    def loss(self, output, label_ids):
        mean = output.logits[:, 0].mean()
        return {"once": mean, "twice": 2 * mean, "constant": torch.tensor(5.0)} if self.terms else mean


def batch(values, labels=None):
    values = torch.tensor(values)
    return {
        "index": torch.arange(len(values)) + 40,
        "train_place": torch.arange(len(values)),
        "label_ids": torch.zeros(len(values), dtype=torch.long) if labels is None else torch.tensor(labels),
        "audio_feats": values,
    }


def sgd(model, lr):
    return torch.optim.SGD(model.parameters(), lr=lr)


def epoch_of(model, batches, lr=0.0, settings=FREE, scheduler=None, number=1):
    return train_epoch(model, batches, sgd(model, lr), scheduler or Still(), number, settings=settings, device=CPU)


def test_the_mean_is_of_clips_not_of_batches():
    batches = [batch([1.0, 2.0, 3.0]), batch([10.0])]
    assert epoch_of(Scalar(), batches) == pytest.approx({"once": 16 / 4, "twice": 32 / 4, "constant": 5})
    assert epoch_of(Scalar(terms=False), batches) == pytest.approx({"loss": 16 / 4})


def test_a_step_a_batch_with_the_gradient_of_the_sum_of_the_terms():
    model, scheduler = Scalar(), Still()
    terms = epoch_of(model, [batch([1.0, 3.0]), batch([4.0])], lr=0.1, scheduler=scheduler)
    # d(once + twice)/dw is three times the batch's mean value; nothing of the first step is left in the second
    after = 1 - 0.1 * 3 * 2
    assert model.w[0].item() == pytest.approx(after - 0.1 * 3 * 4)
    assert terms["once"] == pytest.approx((1 * 2 * 2 + after * 4) / 3)  # each batch before its own step
    assert scheduler.steps == 2


@pytest.mark.parametrize(
    ("clip", "values", "moved"),
    [
        (2.0, [30.0, 50.0], 2.0),  # a gradient of 40 is cut to 2
        (2.0, [0.5, 1.5], 1.0),  # one of 1 is left alone, not stretched
        (0, [30.0, 50.0], 40.0),  # 0 cuts nothing
    ],
)
def test_gradients_are_cut_to_a_norm(clip, values, moved):
    model = Scalar(terms=False)
    epoch_of(model, [batch(values)], lr=1.0, settings=TrainSettings(grad_clip=clip))
    assert model.w.tolist() == pytest.approx([1 - moved, 0], rel=1e-5)


def test_the_norm_is_of_all_weights_together():
    class Pair(Scalar):
        def __init__(self):
            super().__init__(terms=False)
            self.v = nn.Parameter(torch.tensor([0.0]))

        def loss(self, output, label_ids):
            return 3 * self.w[0] + 4 * self.v[0]  # a gradient of (3, 4), of norm 5

    model = Pair()
    epoch_of(model, [batch([0.0])], lr=1.0, settings=TrainSettings(grad_clip=1.0))
    assert [model.w[0].item() - 1, model.v[0].item()] == pytest.approx([-3 / 5, -4 / 5], rel=1e-5)


@pytest.mark.parametrize(
    ("value", "bad", "told"), [(math.nan, 0, 0), (math.nan, 7, 20), (math.nan, 24, 24), (math.inf, 24, 24)]
)
def test_a_lost_loss_ends_the_training_and_is_named(value, bad, told):
    batches = [batch([value if step == bad else 1.0]) for step in range(25)]  # it is looked at every 20 steps
    words = rf"the loss \(once\) is {value} at epoch 3, step {told}; lower lr, or use precision=float32"
    with pytest.raises(UserError, match=words):
        epoch_of(Scalar(), batches, number=3)
    with pytest.raises(UserError, match=rf"the loss is {value} at epoch 1, step {told};"):
        epoch_of(Scalar(terms=False), batches)


def clips_with_frames(count):
    lengths = torch.arange(1, count + 1)
    text = torch.full((count, 3, 2), 5)
    return {"text_feats": text, "video_lengths": lengths, "audio_lengths": lengths + 1, "audio_feats": text[:, 0] + 0.0}


def test_modality_dropout_takes_video_and_audio_apart_and_never_the_text():
    torch.manual_seed(0)
    batch = clips_with_frames(20_000)
    dropped = drop_modalities(batch, 0.3)
    lost = {name: dropped[name] == 0 for name in ("video_lengths", "audio_lengths")}
    for name, each in lost.items():
        assert each.float().mean() == pytest.approx(0.3, abs=0.02)
        assert torch.equal(dropped[name][~each], batch[name][~each])
    assert (lost["video_lengths"] & lost["audio_lengths"]).float().mean() == pytest.approx(0.09, abs=0.01)
    assert dropped["text_feats"] is batch["text_feats"]
    assert dropped["audio_feats"] is batch["audio_feats"]
    assert (batch["video_lengths"] > 0).all(), "the loader's batch is left as it was"
    assert "video_lengths" not in drop_modalities({"text_feats": batch["text_feats"]}, 0.5)


def test_without_modality_dropout_nothing_is_drawn():
    state, batch = torch.get_rng_state(), clips_with_frames(5)
    assert drop_modalities(batch, 0.0) is batch
    assert torch.equal(torch.get_rng_state(), state)
    assert all(not drop_modalities(batch, 1.0)[name].any() for name in ("video_lengths", "audio_lengths"))


def test_modalities_are_dropped_in_training_and_from_the_global_random_state():
    class Lengths(Scalar):
        def forward(self, batch):
            self.seen.append(batch["video_lengths"].tolist())
            return BasicOutput(self.w * batch["video_lengths"][:, None], batch["video_lengths"])

    batches = [{**batch([1.0] * 50), "video_lengths": torch.full((50,), 3)} for _ in range(2)]
    settings, seen = TrainSettings(modality_dropout=0.5), []
    for seed in (0, 0, 1):
        model = Lengths()
        torch.manual_seed(seed)
        epoch_of(model, batches, settings=settings)
        predict(model, batches, device=CPU)
        assert model.seen[2:] == [[3] * 50] * 2  # what is scored
        seen.append(model.seen[:2])
    assert seen[0] == seen[1] != seen[2]
    assert seen[0][0] != seen[0][1]


def test_labels_reach_the_model_in_training_alone():
    model, batches = Scalar(), [batch([1.0, 2.0], labels=[3, 4])]
    epoch_of(model, batches)
    found = predict(model, batches, device=CPU)
    epoch_of(model, batches)
    assert [training for training, _ in model.seen] == [True, False, True]
    shown = {"train_place": [0, 1], "audio_feats": [1.0, 2.0]}
    assert model.seen[0][1] == model.seen[2][1] == {**shown, "label_ids": [3, 4]}
    assert model.seen[1][1] == shown
    assert found.label_ids.tolist() == [3, 4]  # metrics still have them


def planned(scores, settings, history=None, on_epoch=lambda history: None):
    """Trains with these dev scores, in turn; returns the history and the weight after each epoch."""
    model, weights = Scalar(terms=False), []

    def score(model):
        weights.append(model.w[0].item())
        return scores[len(weights) - 1]

    found = fit(
        model,
        [batch([1.0])],
        score,
        sgd(model, 1.0),
        Still(),
        settings=settings,
        device=CPU,
        history=history,
        after_epoch=on_epoch,
    )
    assert model.w[0].item() == (weights[-1] if weights else 1.0)
    return found, weights


@pytest.mark.parametrize(
    ("patience", "scores", "epochs"),
    [
        (1, [0.1, 0.2, 0.2, 0.9], 3),  # an equal score is no better one
        (2, [0.5, 0.4, 0.6, 0.1, 0.2, 0.9], 5),
        (3, [0.5, 0.4, 0.3, 0.6, 0.1, 0.2], 6),
        (3, [0.5, 0.4, 0.3, 0.2, 0.6, 0.1], 4),
        (8, [0.6, 0.5, 0.4, 0.3, 0.2, 0.1], 6),  # the planned end
    ],
)
def test_training_stops_after_as_many_epochs_without_a_better_one(patience, scores, epochs):
    history, weights = planned(scores, TrainSettings(num_train_epochs=6, wait_patience=patience, grad_clip=0))
    assert [(epoch.number, epoch.score) for epoch in history] == list(enumerate(scores[:epochs], start=1))
    assert weights == [-float(number) for number in range(epochs)]  # one step of 1 an epoch, from 1


def test_the_epochs_of_before_count():
    settings = TrainSettings(num_train_epochs=6, wait_patience=2, grad_clip=0)
    before = [Epoch(1, 0.0, 0.5), Epoch(2, 0.0, 0.4)]
    history, weights = planned([0.3, 0.9], settings, history=list(before))
    assert [epoch.number for epoch in history] == [1, 2, 3]
    assert history[:2] == before
    history, weights = planned([], settings, history=[*before, Epoch(3, 0.0, 0.3)])
    assert weights == []  # patience had run out


def test_every_epoch_is_heard_of_and_may_end_the_training():
    heard = []

    def on_epoch(history):
        heard.append([epoch.number for epoch in history])
        if len(heard) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        planned([0.1] * 5, TrainSettings(num_train_epochs=5, grad_clip=0), on_epoch=on_epoch)
    assert heard == [[1], [1, 2]]


def test_an_epochs_loss_is_the_sum_of_its_terms():
    one = TrainSettings(num_train_epochs=1)
    (epoch,) = fit(Scalar(), [batch([2.0])], lambda _: 0.5, sgd(Scalar(), 0.0), Still(), settings=one, device=CPU)
    assert vars(epoch) == {
        "number": 1,
        "loss": 11.0,
        "score": 0.5,
        "terms": {"once": 2.0, "twice": 4.0, "constant": 5.0},
    }
    plain = Scalar(terms=False)
    (epoch,) = fit(plain, [batch([2.0])], lambda _: 0.5, sgd(plain, 0.0), Still(), settings=one, device=CPU)
    assert vars(epoch) == {"number": 1, "loss": 2.0, "score": 0.5, "terms": {}}  # a single one needs no name


@pytest.mark.parametrize(
    ("scores", "waited"), [([], 0), ([0.3], 0), ([0.3, 0.3], 1), ([0.1, 0.9, 0.5, 0.9, 0.2], 3), ([0.9, 0.1, 0.95], 0)]
)
def test_epochs_since_the_first_best(scores, waited):
    assert epochs_since_best([Epoch(i, 0.0, score) for i, score in enumerate(scores, start=1)]) == waited


def test_nothing_to_train_on():
    with pytest.raises(UserError, match="no clip to train on"):
        fit(Scalar(), [], lambda _: 0.0, None, None, settings=FREE, device=CPU)
