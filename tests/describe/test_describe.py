"""What is asked, what is written, and what the command refuses before it asks anything."""

import json
import sys

import pytest
from describe.standin import numbered, sentences

from mia_plugins import cli
from mia_plugins.data.descriptions import read_descriptions


def test_the_file_holds_the_descriptions_and_how_they_were_made(serve, describe):
    server = serve()
    code, said = describe(server, "--model", "some-model")
    assert code == 0, said
    assert "2 of 2: " in said
    assert "descriptions_path=" in said
    made = describe.made()
    assert made["descriptions"] == {"Thank": sentences("Thank"), "Warn": sentences("Warn")}
    assert read_descriptions(describe.output) == made["descriptions"]
    about = made["about"]
    assert about["model"] == "some-model"
    assert about["answered_by"] == ["standin-1"]
    assert about["server"] == server.url.split("/")[2]
    assert "{label}" in about["prompt"]
    assert set(about["versions"]) == {"mia-plugins", "openai", "pydantic"}
    assert about["date"].startswith("20")
    assert not describe.part.exists()


def test_what_the_server_is_sent(serve, describe, key):
    server = serve()
    describe(server, "--model", "some-model", labels_are=["Thank"])
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.body["model"] == "some-model"
    assert request.headers["Authorization"] == f"Bearer {key}"
    assert request.headers["Accept-Encoding"] == "identity"
    assert 'Give 3 different descriptions of the intent "Thank"' in request.question


def test_another_prompt_count_and_variable(serve, describe, tmp_path, monkeypatch):
    monkeypatch.setenv("OTHER_KEY", "other-key-0123")
    (tmp_path / "prompt.txt").write_text('{count} for intent "{label}" of {labels}; reply as {"a": []}')
    server = serve(lambda request: request.say(numbered(request.label, 2)))
    words = ["-n", "2", "--prompt", tmp_path / "prompt.txt", "--api_key_env", "OTHER_KEY", "--no_label_names"]
    server.script = [lambda request: request.say("1. Is glad.\n2. Owes much.")] * 2
    code, said = describe(server, *words, "--concurrency", "1", labels_are=["{count}", "Warn"])
    assert code == 0, said
    assert server.requests[0].question.startswith('2 for intent "{count}" of {count}\nWarn; reply as {"a": []}')
    assert server.requests[0].question.endswith('Do not use the words "{count}" in them.')
    assert server.requests[0].headers["Authorization"] == "Bearer other-key-0123"
    assert describe.made()["descriptions"]["Warn"] == ["Is glad.", "Owes much."]


def test_a_server_without_a_key_and_an_address_from_the_environment(serve, describe, monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_API_KEY")
    server = serve()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    assert cli.main(["describe", "--dataset", "MIntRec", "-o", str(tmp_path / "made.json")]) == 0
    assert len(server.requests) == 20
    assert server.most_under_way <= 4
    from mia_plugins.data_adapters.mintrec import ADAPTER

    assert list(describe.made()["descriptions"]) == list(ADAPTER.labels)


def test_no_more_at_once_than_asked_for(serve, describe):
    import threading

    together = threading.Barrier(3, timeout=20)

    def wait(request):
        together.wait()
        request.well()

    labels = [f"L{i}" for i in range(9)]
    server = serve(*[wait] * 9)
    assert describe(server, "--concurrency", "3", labels_are=labels)[0] == 0
    assert server.most_under_way == 3
    assert list(describe.made()["descriptions"]) == labels


def test_a_finished_file_is_replaced_only_by_force(serve, describe):
    server = serve()
    describe.output.write_text("mine")
    code, said = describe(server)
    assert code == 2
    assert "is there already" in said
    assert describe.output.read_text() == "mine"
    assert not server.requests
    assert describe(server, "--force")[0] == 0
    assert set(describe.made()["descriptions"]) == {"Thank", "Warn"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--labels", "none.txt", "-o", "a.json"], "none.txt: cannot be read"),
        (["-o", "a.json"], "give the labels with --labels FILE"),
        (["--labels", "l.txt", "--dataset", "MIntRec", "-o", "a.json"], "give the labels with --labels FILE"),
        (["--labels", "l.txt"], "give the file to write with -o"),
        (["--dataset", "MIntRek", "-o", "a.json"], "did you mean MIntRec?"),
        (["--labels", "l.txt", "-o", "folder"], "is a folder"),
        (["--labels", "l.txt", "-o", "a.json", "--prompt", "empty.txt"], "never names the label"),
        (["--labels", "l.txt", "-o", "a.json", "--prompt", "wrong.txt"], "unknown placeholder {lable}"),
        (["--labels", "l.txt", "-o", "a.json", "--json"], "are for --check"),
        (["--labels", "l.txt", "-o", "a.json", "--attempts", "0"], "'0' is no whole number from 1"),
        (["--labels", "l.txt", "-o", "a.json", "--timeout", "nan"], "'nan' is no number"),
        (["--labels", "l.txt", "-o", "a.json", "--base_url", "localhost:8000"], "--base_url is no address"),
        (["--labels", "l.txt", "-o", "a.json", "--base_url", "http://h:99999/"], "--base_url is no address"),
        (["--labels", "twice.txt", "-o", "a.json"], "twice.txt, line 3: the label 'apologize' is in line 1 already"),
        (["--labels", "list.json", "-o", "a.json"], "holds more than texts"),
        (["--labels", "half.json", "-o", "a.json"], "starts like a JSON list but is none"),
        (["--labels", "empty.txt", "-o", "a.json"], "holds 0 labels"),
        (["--labels", "long.txt", "-o", "a.json"], "long.txt, line 1"),
        (["--labels", "l.txt", "-o", "l.txt/a.json"], "l.txt"),
    ],
)
def test_what_is_refused_before_anything_is_asked(tmp_path, monkeypatch, capsys, words, message):
    pytest.importorskip("openai")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    texts = {"l.txt": "Thank\n", "empty.txt": " \n", "wrong.txt": "{label} {lable}", "long.txt": "x" * 201}
    texts |= {"twice.txt": "Apologise\n\napologize\n", "list.json": '["a", 3]', "half.json": '["a", '}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert cli.main(["describe", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "a.json.part").exists()


def test_labels_as_a_json_list(serve, describe, tmp_path, capsys):
    server = serve()
    (tmp_path / "labels.json").write_text(json.dumps(["Ask  for help", "Warn"]))
    words = ["--labels", tmp_path / "labels.json", "-o", tmp_path / "made.json", "--base_url", server.url]
    assert cli.main(["describe", *map(str, words)]) == 0
    assert list(describe.made()["descriptions"]) == ["Ask for help", "Warn"]


def test_a_missing_package_names_the_extra(tmp_path, monkeypatch, capsys):
    (tmp_path / "l.txt").write_text("Thank")
    monkeypatch.setitem(sys.modules, "openai", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["describe", "--labels", str(tmp_path / "l.txt"), "-o", str(tmp_path / "a.json")]) == 2
    assert 'pip install "mia-plugins[describe]"' in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_noticed_before_anything_is_asked(serve, describe, tmp_path):
    server = serve()
    (tmp_path / "file").write_text("")
    code, said = describe(server, output=tmp_path / "file" / "made.json")
    assert code == 2
    assert str(tmp_path / "file") in said
    assert not server.requests
