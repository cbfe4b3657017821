"""The manager: which epoch's weights are kept, tested and saved, and when a method's hooks are called.

The model learns nothing: its one weight counts the steps, one an epoch, and it answers every clip with that number. So
the dev score of epoch n is the part of the dev clips whose label is n, and every test score tells which epoch it is of.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from mia_plugins.errors import UserError
from mia_plugins.plugin.method import BasicOutput, Method
from mia_plugins.training.arguments import RunArguments
from mia_plugins.training.manager import Loaders, Manager
from mia_plugins.training.progress import clear_progress
from mia_plugins.training.settings import TrainSettings

LABELS = 7


class Counter(nn.Module):
    pretrained = ()

    def __init__(self):
        super().__init__()
        self.count = nn.Parameter(torch.zeros(()))

    def forward(self, batch):
        rows = len(batch["video_feats"])
        answer = F.one_hot(self.count.detach().long().expand(rows), LABELS).float()
        return BasicOutput(answer + 0 * self.count, answer)

    def loss(self, output, label_ids):
        return -self.count  # the gradient is -1 everywhere

    def vim(self):
        return torch.eye(LABELS), torch.zeros(LABELS)


def counting(model, settings, steps):
    """A method's own optimizer: adds 1 a step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)


def clips(label_ids: Sequence[int]):
    """A split of one batch."""
    rows = len(label_ids)
    return [{"index": torch.arange(rows), "label_ids": torch.tensor(label_ids), "video_feats": torch.zeros(rows, 1, 1)}]


def method(**hooks):
    return Method(
        name="count", build=lambda task, settings: Counter(), settings=type(None), optimizer=counting, **hooks
    )


@pytest.fixture
def train(tmp_path):
    """Trains where the best epoch on dev is as ``dev`` says; returns the manager and its arguments."""

    def run(dev=(1, 2, 2, 3, 3), test=(2, 2, 2, 5), manager=Manager, hooks=None, **changes):
        args = RunArguments(
            method=method(**(hooks or {})),
            settings=TrainSettings(
                num_train_epochs=changes.pop("epochs", 6), wait_patience=changes.pop("patience", 6), grad_clip=0
            ),
            num_labels=LABELS,
            device=torch.device("cpu"),
            identity={"method": "count"},
            train=True,
            model_output_path=tmp_path / "models",
            save_model=True,
        )
        args = replace(args, **changes)
        loaders = Loaders(clips([0]), clips(dev), clips(test), clips([0]), clips([0]))
        made = manager(args, loaders, Counter())
        return made, args

    return run


@pytest.mark.parametrize("on_disk", [False, True], ids=["in memory", "on disk"])
@pytest.mark.parametrize(
    ("dev", "best", "epochs"),
    [
        ((1, 2, 2, 3, 4), 2, 5),  # three epochs after the best one, patience is over
        ((1, 2, 2, 3, 3), 2, 5),  # of equals, the first
        ((6, 1), 1, 4),
        ((6, 6, 3), 6, 6),  # the last epoch of the plan
        ((0, 0), 1, 4),  # all wrong alike
    ],
)
def test_the_first_best_epochs_weights_are_kept_tested_and_saved(train, tmp_path, dev, best, epochs, on_disk):
    folder = tmp_path / "resume" if on_disk else None
    manager, args = train(dev=dev, test=(best, best, best, 5), patience=3, resume_path=folder)
    history = manager._train(args)
    assert [epoch.number for epoch in history] == list(range(1, epochs + 1))
    assert [epoch.score for epoch in history] == [dev.count(number) / len(dev) for number in range(1, epochs + 1)]
    assert manager.model.count.item() == best
    assert load_file(tmp_path / "models" / "model.safetensors")["count"].item() == best
    results = manager._test(args)
    assert results["acc"] == 3 / 4
    assert results["y_pred"].tolist() == [best] * 4
    assert results["best_eval_score"] == dev.count(best) / len(dev)
    if on_disk:  # until the whole run is kept
        assert (tmp_path / "resume" / "training.pt").exists()
        clear_progress(tmp_path / "resume")
    assert not (tmp_path / "resume").exists()


def test_the_monitor_picks_the_epoch(train):
    dev = (1, 1, 1, 2, 3, 3, 3, 3)
    for monitor, best in (("acc", 3), ("rec", 1)):  # the recall is the same for every class, and the first is kept
        manager, args = train(dev=dev)
        manager.settings = replace(args.settings, eval_monitor=monitor)
        manager._train(args)
        assert manager.model.count.item() == best


def test_a_saved_model_is_restored_and_tested_as_it_is(train):
    manager, args = train(test=(2, 2, 5))
    manager._train(args)
    again, args = train(test=(2, 2, 5), train=False)
    assert again.model.count.item() == 2
    results = again._test(args)
    assert results["acc"] == 2 / 3
    assert "best_eval_score" not in results
    with pytest.raises(UserError, match="made with method='count', asked for 'other'"):
        train(train=False, identity={"method": "other"})


def test_without_save_model_nothing_is_written(train, tmp_path):
    manager, args = train(save_model=False)
    manager._train(args)
    assert list(tmp_path.iterdir()) == []


def test_prepare_sees_the_bank_once_before_training(train):
    seen = []

    def prepare(model, reference, device):
        (batch,) = reference
        seen.append((model.count.item(), batch["label_ids"].tolist(), device.type))

    manager, args = train(hooks={"prepare": prepare})
    assert seen == [(0.0, [0], "cpu")]
    manager._train(args)
    manager._test(args)
    train(train=False, hooks={"prepare": prepare})
    assert len(seen) == 1  # a restored model has what it saw


def test_an_epoch_is_heard_of_after_it_is_kept(train, tmp_path):
    heard = []

    def on_epoch(epoch):
        heard.append((epoch.number, (tmp_path / "resume" / "training.pt").exists()))

    manager, args = train(on_epoch=on_epoch, resume_path=tmp_path / "resume", epochs=2)
    manager._train(args)
    assert heard == [(1, True), (2, True)]


@pytest.mark.parametrize("end", [1, 3, 4])
def test_an_interrupted_training_goes_on_with_the_best_epoch_of_before(train, tmp_path, monkeypatch, end):
    monkeypatch.setattr("mia_plugins.training.progress.PAUSE", 0)  # the state is written after every epoch

    def interrupt(epoch):
        if epoch.number == end:
            raise KeyboardInterrupt

    manager, args = train(dev=(2, 2, 3), patience=3, resume_path=tmp_path / "resume", on_epoch=interrupt)
    with pytest.raises(KeyboardInterrupt):
        manager._train(args)
    manager, args = train(dev=(2, 2, 3), patience=3, resume_path=tmp_path / "resume", resume=True)
    assert [epoch.number for epoch in manager._train(args)] == [1, 2, 3, 4, 5]
    assert manager.model.count.item() == 2
