"""The key reaches the server's header and nothing else, whatever the server sends back."""

import json

import pytest
from describe.conftest import KEY
from describe.standin import numbered

from mia_plugins.describe.secret import Key

ONE = ["--concurrency", "1", "--attempts", "2"]


@pytest.mark.parametrize(
    "echo",
    [
        lambda request: request.error(401, f"Incorrect API key provided: {KEY}"),
        lambda request: request.error(400, f"Incorrect API key provided: {KEY[:12]}****"),
        lambda request: request.error(500, f"unexpected header Bearer {KEY.upper()}"),
        lambda request: request.error(429, "wait", Retry_After=KEY),
        lambda request: request.answer("", 307, Location=f"https://user:{KEY}@example.org/v1"),
        lambda request: request.answer("", 307, Location=f"https://{KEY}.example.org/v1"),
        lambda request: request.answer("{}", content_type=f"text/{KEY}"),
        lambda request: request.answer(KEY, 404, content_type="text/plain"),
        lambda request: request.say(numbered(request.label) + f"\n4. {KEY}"),
        lambda request: request.say(f"1. Is {KEY}.\n2. Two is.\n3. Three is."),
        lambda request: request.handler.wfile.write(f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()),
        lambda request: request.handler.wfile.write(f"{KEY}\r\n\r\n".encode()),
    ],
)
def test_a_server_that_echoes_the_key(serve, describe, echo, caplog):
    caplog.set_level("DEBUG")
    server = serve(*[echo] * 20)
    code, said = describe(server, *ONE)  # which looks at all that was printed and written
    assert code == 2
    assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    assert not Key(KEY).is_in(caplog.text)


def test_the_key_in_the_name_of_the_model_is_not_kept(serve, describe):
    answer = {"model": KEY, "choices": [{"message": {"content": numbered("Thank")}}]}
    assert describe(serve(lambda request: request.answer(json.dumps(answer))), labels_are=["Thank"])[0] == 0
    assert describe.made()["about"]["answered_by"] == []


def test_a_key_given_where_its_variables_name_belongs_is_not_repeated(serve, describe):
    for name in (KEY, KEY.replace("-", "_")):
        code, said = describe(serve(), "--api_key_env", name)
        assert code == 2
        assert "no key: set OPENAI_API_KEY" in said
        assert name not in said
    code, said = describe(serve(), "--api_key", KEY)  # argparse takes it for the longer option
    assert code == 2


@pytest.mark.parametrize("url", [f"http://user:{KEY}@127.0.0.1/v1", f"http://127.0.0.1/v1?api-key={KEY}"])
def test_a_key_in_the_address_is_refused_and_not_repeated(describe, url):
    code, said = describe(url)
    assert code == 2
    assert "--base_url holds a password or a query" in said


def test_a_key_in_the_prompt_is_not_written(serve, describe, tmp_path):
    (tmp_path / "prompt.txt").write_text(f"{{label}} {KEY}")
    code, said = describe(serve(), "--prompt", tmp_path / "prompt.txt")
    assert code == 2
    assert "holds the key; take it out" in said
    assert not describe.part.exists()


def test_a_key_with_a_line_end_inside_is_not_repeated(serve, describe, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\nX-Header: {KEY}")
    code, said = describe(serve())
    assert code == 2
    assert "the key holds characters that no key has" in said
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")  # as a file's content often is
    server = serve()
    assert describe(server)[0] == 0
    assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"


def test_no_key_where_one_is_needed(describe, monkeypatch, capsys, tmp_path):
    from mia_plugins import cli

    monkeypatch.delenv("OPENAI_API_KEY")
    assert cli.main(["describe", "--dataset", "MIntRec", "-o", str(tmp_path / "made.json")]) == 2
    assert "no key: set OPENAI_API_KEY" in capsys.readouterr().err


def test_what_counts_as_the_key():
    key = Key(KEY)
    assert KEY not in repr(key)
    for text in (f"x{KEY}y", KEY[3:11], KEY.upper(), f"a {KEY[-8:]} b"):
        assert key.is_in(text)
    assert not key.is_in(f"{KEY[:7]} {KEY[-7:]}")
    assert not Key("none", secret=False).is_in("none of them")
    assert Key("EMPTY").is_in("an EMPTY one")
    assert not Key("EMPTY").is_in("an empty one")
