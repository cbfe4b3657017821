"""An interrupted run goes on where it was, if it asks the same."""

import json
import os
import subprocess
import sys
import threading

import pytest
from describe.standin import sentences
from tiny import ROOT


def test_a_killed_run_has_kept_every_finished_label(serve, describe, tmp_path):
    here = threading.Event()

    def wait(request):
        here.set()
        request.handler.server.stopped.wait(60)

    labels = ["Thank", "Warn", "Joke", "Care"]
    server = serve(*[lambda request: request.well()] * 2, wait)
    (tmp_path / "labels.txt").write_text("\n".join(labels))
    words = ["describe", "--labels", "labels.txt", "-o", "made.json", "--base_url", server.url, "--concurrency", "1"]
    command = [sys.executable, "-m", "mia_plugins.cli", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert here.wait(60)
    process.kill()
    assert process.communicate()[0] == "1 of 4: Thank\n2 of 4: Warn\n"
    assert describe.begun() == {"Thank": sentences("Thank"), "Warn": sentences("Warn")}
    assert not describe.output.exists()

    code, said = describe(server, labels_are=labels)
    assert code == 0, said
    assert "2 of 4 labels are there already" in said
    assert sorted(request.label for request in server.requests[3:]) == ["Care", "Joke"]
    assert list(describe.made()["descriptions"]) == labels
    assert describe.made()["about"]["answered_by"] == ["standin-1"]
    assert not list(tmp_path.glob("*.part"))


@pytest.fixture
def begun(serve, describe):
    """A server, and a run that it ended after the first label."""
    server = serve(lambda request: request.well(), lambda request: request.error(401))
    assert describe(server, "--concurrency", "1")[0] == 2
    assert set(describe.begun()) == {"Thank"}
    server.requests.clear()
    return server


@pytest.mark.parametrize(
    "words",
    [["--model", "other"], ["-n", "2"], ["--no_label_names"], ["--prompt", "prompt.txt"], ["--base_url", "another"]],
)
def test_what_was_begun_otherwise_is_not_mixed(begun, describe, serve, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompt.txt").write_text("{label}?")
    words = [serve().url if word == "another" else word for word in words]
    code, said = describe(begun, *words)
    assert code == 2
    assert "was begun with another" in said
    assert set(describe.begun()) == {"Thank"}
    assert not begun.requests


def test_force_begins_anew(begun, describe):
    assert describe(begun, "--force")[0] == 0
    assert len(begun.requests) == 2


def test_other_labels_are_left_out_and_new_ones_asked_for(begun, describe):
    assert describe(begun, labels_are=["Joke", "Thank"])[0] == 0
    assert [request.label for request in begun.requests] == ["Joke"]
    assert list(describe.made()["descriptions"]) == ["Joke", "Thank"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"about": 3, "descriptions": {}}', '{"descriptions": {}}'])
def test_a_damaged_part_is_named_with_the_remedy(begun, describe, text):
    describe.part.write_text(text)
    code, said = describe(begun)
    assert code == 2
    assert "made.json.part: " in said
    assert "--force to begin anew" in said


def test_descriptions_that_somebody_changed_in_the_part_are_asked_for_again(begun, describe):
    kept = json.loads(describe.part.read_text())
    kept["descriptions"]["Thank"] = ["One.", "One.", "One."]
    describe.part.write_text(json.dumps(kept))
    assert describe(begun)[0] == 0
    assert describe.made()["descriptions"]["Thank"] == sentences("Thank")


def test_interrupting_keeps_what_is_done(serve, describe, monkeypatch):
    from mia_plugins.describe import ask

    real, calls = ask.read_answer, []

    def read(*given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(ask, "read_answer", read)
    code, said = describe(serve(), "--concurrency", "1")
    assert code == 130
    assert "interrupted" in said
    assert set(describe.begun()) == {"Thank"}
