"""Small files shared by the tests, made once a session."""

import os

# before torch is imported: on a busy machine its threads wait for each other, which made a tiny run 100 times as long
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may touch the network

import logging  # noqa: E402

import pytest  # noqa: E402
from tiny import make_backbone, make_mintrec2  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory):
    """A cache folder of the tests' own."""
    os.environ["MIA_PLUGINS_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _log():
    """Ends the log that a command began in this process: it would take the lines that a later test waits for."""
    end_log()  # of a module's or session's fixture
    yield
    end_log()


def end_log():
    log = logging.getLogger("mia_plugins")
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    log.propagate = True
    log.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def backbone(tmp_path_factory):
    return make_backbone(tmp_path_factory.mktemp("backbone") / "tiny-bert")


@pytest.fixture(scope="session")
def calm_backbone(tmp_path_factory):
    """The backbone without dropout: two processes draw other numbers than one does."""
    return make_backbone(tmp_path_factory.mktemp("calm") / "tiny-bert", dropout=0.0)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return make_mintrec2(tmp_path_factory.mktemp("data"))
