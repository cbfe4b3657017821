"""What a training keeps on disk, whenever the state is written and whichever epochs are the best."""

import math
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mia_plugins.errors import UserError
from mia_plugins.training.progress import Progress


def first_best(scores):
    return scores.index(max(scores))


@settings(deadline=None, max_examples=40)
@given(epochs=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7))
def test_a_run_goes_on_from_the_last_state_written_with_the_best_weights_of_then(epochs):
    """Weights are the epoch's number; each epoch has a score, and may find that it is not yet time to write."""
    with tempfile.TemporaryDirectory() as name:
        folder, model = Path(name) / "resume", nn.Linear(1, 1)
        progress = Progress(folder, {})
        history, written = progress.resume(model, {}), 0
        for number, (score, due) in enumerate(epochs):
            nn.init.constant_(model.weight, number)
            history.append({"number": number, "loss": 0.0, "score": float(score), "terms": {}})
            progress.due = 0.0 if due or not number else math.inf
            progress.save(model, {}, history)
            if due or not number:
                written = number + 1
        scores = [score for score, _ in epochs]
        assert len(list(folder.glob("best-*"))) == len({first_best(scores), first_best(scores[:written])})

        other = nn.Linear(1, 1)
        again = Progress(folder, {}, wanted=True)
        assert again.resume(other, {}) == history[:written]
        assert other.weight.item() == written - 1
        again.restore_best(other)
        assert other.weight.item() == first_best(scores[:written])

        progress.restore_best(model)
        assert model.weight.item() == first_best(scores)
        progress.clear()
        assert not folder.exists()


def test_writing_takes_a_tenth_of_the_time_at_most(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("mia_plugins.training.progress.time.monotonic", lambda: clock[0])
    save = torch.save
    writes = []

    def slow(saved, path):
        writes.append(len(saved["history"]))
        clock[0] += 2.0
        save(saved, path)

    monkeypatch.setattr(torch, "save", slow)
    progress, model, history = Progress(tmp_path / "resume", {}), nn.Linear(1, 1), []
    for number in range(1, 41):
        clock[0] += 1.0
        history.append({"number": number, "loss": 0.0, "score": 0.0, "terms": {}})
        progress.save(model, {}, history)
    assert writes == [1, 19, 37]


def test_what_another_training_left_is_not_resumed(tmp_path):
    model = nn.Linear(1, 1)
    Progress(tmp_path, {"lr": 0.1}).save(model, {}, [{"number": 1, "score": 0.0, "loss": 0.0}])
    with pytest.raises(UserError, match="made with lr=0.1, asked for 0.2"):
        Progress(tmp_path, {"lr": 0.2}, wanted=True).resume(model, {})
    assert Progress(tmp_path, {"lr": 0.2}).resume(model, {}) == []  # unless it is not wanted: then it goes
    assert list(tmp_path.glob("*")) == []
