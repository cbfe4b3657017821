"""When a store is made again."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from store_files import check, make_table, stores, write

from mia_plugins.data.features import read_features
from mia_plugins.data.store import build
from mia_plugins.data.store import cache as cache_module
from mia_plugins.data.store.cache import open_store


def set_time(path, nanoseconds):
    os.utime(path, ns=(nanoseconds, nanoseconds))


def test_a_changed_file_is_converted_again(path, tmp_path, cache, conversions):
    other = write(tmp_path / "other.pkl", make_table(seed=9))
    check(other, make_table(seed=9))
    set_time(path, 10**18)
    check(path, make_table())
    table = {key: -frames for key, frames in make_table().items()}
    write(path, table)  # as large as before
    set_time(path, 10**18)  # and as old
    check(path, table)
    set_time(path, 10**18 + 1)
    check(path, table)
    write(path, make_table(7))
    check(path, make_table(7))
    assert conversions == ["other.pkl"] + ["video_feats.pkl"] * 4


def test_stores_of_older_states_go_when_nobody_has_used_them_for_a_week(path, tmp_path, cache, conversions):
    other = write(tmp_path / "other.pkl", make_table(seed=9))
    check(other, make_table(seed=9))
    running = read_features(path, ["clip0"], max_length=9)
    for day in (1, 2, 3):  # another machine's copy of the pickle, say
        set_time(path, day * 10**18)
        check(path, make_table())
    assert len(stores(cache)) == 5
    np.testing.assert_array_equal(running[0], make_table()["clip0"][:9])  # first read now
    set_time(path, 10**18)
    check(path, make_table())  # back on the first machine
    assert conversions == ["other.pkl"] + ["video_feats.pkl"] * 4
    last_use = time.time() - 8 * 24 * 3600
    for name in stores(cache):
        os.utime(cache / name, (last_use, last_use))
    check(path, make_table())  # used today
    kept = {name for name in stores(cache) if (cache / name).stat().st_mtime > last_use + 1}
    set_time(path, 4 * 10**18)
    check(path, make_table())
    assert len(kept) == 1
    assert kept < set(stores(cache))
    assert len(stores(cache)) == 3  # that, the new one and other.pkl's


def test_one_store_for_a_file_and_its_links(path, tmp_path, conversions, monkeypatch):
    (tmp_path / "link.pkl").symlink_to(path)
    check(path, make_table())
    check(tmp_path / "link.pkl", make_table())
    monkeypatch.chdir(tmp_path)
    check("video_feats.pkl", make_table())
    assert conversions == ["video_feats.pkl"]


def test_a_relative_cache_folder(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIA_PLUGINS_CACHE", "here")
    read = read_features(path, ["clip0"], max_length=9)
    monkeypatch.chdir("/")
    assert read[0].any()


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["frames.f32", "index.npz"])
@pytest.mark.parametrize(
    "damage", [cut, flip, Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"1\n{}" * 99)]
)
def test_a_damaged_store_is_made_again(path, cache, conversions, name, damage):
    check(path, make_table())
    (folder,) = stores(cache)
    damage(cache / folder / name)
    if name == "frames.f32" and damage is flip:
        pytest.skip("of frames only the size is looked at, since looking at all would take as long as converting them")
    check(path, make_table())
    assert len(conversions) == 2
    assert stores(cache) == [folder]


def test_a_store_that_goes_while_it_is_read(path, cache, user_error):
    read = read_features(path, ["clip0"], max_length=9)
    (folder,) = stores(cache)
    frames = cache / folder / "frames.f32"
    frames.rename(cache / "gone")
    with user_error(frames, "cannot be read"):
        read[0]
    (cache / "gone").rename(frames)
    frames.write_bytes(b"1234")
    with user_error(frames, "cut off"):
        read[0]


def test_a_file_that_changes_while_it_is_read(path, cache, monkeypatch, user_error):
    def convert(path, frames):
        entries = build.convert(path, frames)
        write(path, make_table(6))
        return entries

    monkeypatch.setattr(cache_module, "convert", convert)
    with user_error(path, "changed while it was read"):
        open_store(path)
    assert stores(cache) == []
