"""Small files shared by the tests, made once a session."""

import os

import pytest
from tiny import make_backbone, make_mintrec2

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may touch the network


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory):
    """A cache folder of the tests' own."""
    os.environ["MIA_PLUGINS_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def backbone(tmp_path_factory):
    return make_backbone(tmp_path_factory.mktemp("backbone") / "tiny-bert")


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return make_mintrec2(tmp_path_factory.mktemp("data"))
