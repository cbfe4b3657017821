"""A new cache for each test, with a feature file to convert."""

from pathlib import Path

import pytest
from store_files import make_table, part, put, write

from mia_plugins.data.store import build, sources
from mia_plugins.data.store import cache as cache_module


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A new cache folder; the stores are in its ``features``."""
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


@pytest.fixture
def path(tmp_path):
    """A feature file with :func:`make_table`'s clips."""
    return write(tmp_path / "video_feats.pkl", make_table())


@pytest.fixture
def conversions(monkeypatch):
    """The files that were converted so far."""
    done = []

    def convert(path, frames):
        done.append(Path(path).name)
        return build.convert(path, frames)

    def convert_files(paths, frames):
        done.append(" ".join(path.name for path in paths))
        return build.convert_files(paths, frames)

    monkeypatch.setattr(cache_module, "convert", convert)
    monkeypatch.setattr(cache_module, "convert_files", convert_files)
    return done


@pytest.fixture
def shards(tmp_path):
    """A folder of four pickles with five clips each; its clips are ``make_table(20)``."""
    for i in range(4):
        put(tmp_path / "swin", f"part{i}.pkl", part(make_table(20), 5 * i, 5 * i + 5))
    return tmp_path / "swin"


@pytest.fixture
def packed(monkeypatch):
    """Small files are packed, about four to a pack."""
    monkeypatch.setattr(sources, "ALONE", 3)
    monkeypatch.setattr(sources, "_PACK", 4)
