"""The state of an interrupted training, damaged or foreign: gone on from, or refused by name; nothing else is removed."""

import json
import os

import pytest
import torch
from reliability.attack import attempt, expect, refused
from torch import nn

from mia_plugins.training.progress import Progress

CONFIG = {"method": "text", "device": "cpu", "lr": 1e-3}
EPOCH = {"number": 1, "loss": 0.5, "score": 0.25, "terms": {}}


@pytest.fixture
def resume(tmp_path):
    """Goes on from the state of a training after ``change(folder)``."""

    def resume(change, config=CONFIG):
        folder, model = tmp_path / "resume", nn.Linear(2, 3)
        progress = Progress(folder, CONFIG)
        history = progress.resume(model, {"optimizer": torch.optim.AdamW(model.parameters())})
        progress.save(model, {"optimizer": torch.optim.AdamW(model.parameters())}, [*history, dict(EPOCH)])
        change(folder)
        fresh = nn.Linear(2, 3)
        again = Progress(folder, config, wanted=True)
        history = again.resume(fresh, {"optimizer": torch.optim.AdamW(fresh.parameters())})
        again.restore_best(fresh)
        assert all(torch.isfinite(value).all() for value in fresh.state_dict().values())
        return history

    return resume


def test_unchanged(resume):
    assert attempt("resume states that are right", lambda: resume(lambda folder: None)).value == [EPOCH]


def state(change):
    def edited(folder):
        saved = torch.load(folder / "training.pt", weights_only=True)
        saved = change(saved) or saved
        torch.save(saved, folder / "training.pt")

    return edited


def key(name, value):
    return state(lambda saved: saved.update({name: value(saved[name]) if callable(value) else value}))


def file(name, content):
    def written(folder):
        path = folder / name
        path.unlink(missing_ok=True)
        if content == "fifo":
            os.mkfifo(path)
        elif content == "device":
            path.symlink_to("/dev/zero")
        elif content == "loop":
            path.symlink_to(path)
        elif content == "folder":
            path.mkdir()
        elif content is not None:
            path.write_bytes(content)

    return written


PICKLE = b"cposix\nsystem\n(S'touch ran'\ntR."
CHANGES = {
    **{f"lacks {name}": state(lambda saved, name=name: saved.pop(name) is None)
       for name in ("model", "optimizer", "random", "random_cuda", "best", "best_score", "history")},
    **{f"{name} is None": key(name, None) for name in ("model", "optimizer", "random", "best", "best_score", "history")},
    **{f"{name} is a list": key(name, [1]) for name in ("model", "optimizer", "best", "best_score", "history")},
    "history of numbers": key("history", [1, 2]),
    "history lacks a score": key("history", [{"number": 1, "loss": 0.5}]),
    "history has more": key("history", [{**EPOCH, "x": 1}]),
    "history of text": key("history", [{**EPOCH, "score": "x"}]),
    "history of NaN": key("history", [{**EPOCH, "score": float("nan")}]),
    "history counts from 7": key("history", [{**EPOCH, "number": 7}]),
    "history twice the same": key("history", [EPOCH, EPOCH]),
    "empty history": key("history", []),
    "best elsewhere": key("best", "../../../model.safetensors"),
    "best of another epoch": key("best", "best-9.safetensors"),
    "best score of NaN": key("best_score", float("nan")),
    "best score of text": key("best_score", "x"),
    "NaN weights": key("model", lambda model: {name: value * float("nan") for name, value in model.items()}),
    "float64 weights": key("model", lambda model: {name: value.double() for name, value in model.items()}),
    "another model": key("model", lambda model: {"weight": torch.zeros(5, 2), "bias": torch.zeros(5)}),
    "fewer weights": key("model", lambda model: {"weight": model["weight"]}),
    "numbers for weights": key("model", {"weight": 1, "bias": 2}),
    "another optimizer": key("optimizer", {"state": {}, "param_groups": []}),
    "random state too short": key("random", torch.zeros(3, dtype=torch.uint8)),
    "random state of floats": key("random", torch.zeros(3)),
    "a list": state(lambda saved: [1]),
    "no bytes": file("training.pt", b""),
    "text": file("training.pt", b"x" * 100),
    "a pickle": file("training.pt", PICKLE),
    "gone": file("training.pt", None),
    "a fifo": file("training.pt", "fifo"),
    "a device": file("training.pt", "device"),
    "a loop": file("training.pt", "loop"),
    "a folder": file("training.pt", "folder"),
    "best gone": file("best-1.safetensors", None),
    "best empty": file("best-1.safetensors", b""),
    "best a fifo": file("best-1.safetensors", "fifo"),
    "config deep": file("config.json", b"[" * 200_000),
    "config empty": file("config.json", b""),
    "config a list": file("config.json", b"[]"),
    "config of bytes": file("config.json", b"\xff"),
    "config a fifo": file("config.json", "fifo"),
    "config of another device": file("config.json", json.dumps({**CONFIG, "device": "cuda"}).encode()),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_damaged(resume, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = refused("resume states: damaged", lambda: resume(CHANGES[name]))
    expect("resume states: damaged", "resume" in message, f"{message} names no file")
    expect("resume states: damaged", not (tmp_path / "ran").exists(), "code ran")


@pytest.mark.parametrize("name", [".hidden", ".best-1.safetensors.x", "best-2.safetensors", "training.pt", "notes.txt"])
@pytest.mark.parametrize("what", ["folder", "link"])
def test_what_else_lies_there_is_no_reason_to_fail(tmp_path, name, what):
    """Folders stay, and of a link only the link goes."""
    kind, folder, outside = "resume states: odd things beside", tmp_path / "resume", tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "mine").write_text("mine")
    folder.mkdir()
    (folder / name).mkdir() if what == "folder" else (folder / name).symlink_to(outside)
    model = nn.Linear(2, 3)
    progress = Progress(folder, CONFIG)

    def use():
        progress.resume(model, {})
        progress.clear()

    attempt(kind, use)
    expect(kind, (outside / "deep" / "mine").read_text() == "mine", "somebody else's file is gone")


def test_a_linked_folder_loses_its_own_names_alone(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    (outside / ".hidden").write_text("mine")
    (tmp_path / "resume").symlink_to(outside)
    attempt("resume states: odd things beside", Progress(tmp_path / "resume", CONFIG).clear)
    expect("resume states: odd things beside", len(list(outside.iterdir())) == 2, "somebody else's file is gone")
