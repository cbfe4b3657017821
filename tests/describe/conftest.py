"""The command against a server on loopback, in this process; waits are noted instead of made."""

import asyncio
import json

import pytest
from describe.standin import running

from mia_plugins import cli

KEY = "sk-test-0123456789abcdef"


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds that the client would have waited between requests."""
    anyio = pytest.importorskip("anyio")
    noted = []

    async def sleep(seconds):
        noted.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(anyio, "sleep", sleep)
    return noted


@pytest.fixture(autouse=True)
def key(monkeypatch):
    for name in ("OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return KEY


@pytest.fixture
def serve():
    """Starts servers, each with a script; they end with the test."""
    started = []

    def start(*script):
        manager = running(*script)
        started.append(manager)
        return manager.__enter__()

    yield start
    for manager in started:
        manager.__exit__(None, None, None)


@pytest.fixture
def describe(tmp_path, capsys):
    """Runs the command; returns its exit code and what it printed, which never holds the key."""
    pytest.importorskip("openai")
    labels, output = tmp_path / "labels.txt", tmp_path / "made.json"

    def run(server, *words, labels_are=("Thank", "Warn"), output=output):
        labels.write_text("\n".join(labels_are))
        url = server if isinstance(server, str) else server.url
        common = ["--labels", labels, "-o", output, "--base_url", url, "--timeout", "20"]
        code = cli.main(["describe", *map(str, [*common, *words])])
        printed = capsys.readouterr()
        said = printed.out + printed.err
        files = "".join(path.read_text() for path in tmp_path.iterdir() if path.suffix in (".json", ".part"))
        assert KEY[:8] not in said + files
        return code, said

    run.output, run.part = output, tmp_path / "made.json.part"
    run.made = lambda: json.loads(output.read_text())
    run.begun = lambda: json.loads(run.part.read_text())["descriptions"]
    return run
