"""A store's index is believed only after it was checked: files in the cache may be damaged or planted by others."""

import json
import os
import zipfile

import numpy as np
import pytest
from store_files import check, make_table, stores, write

from mia_plugins.data.features import read_features
from mia_plugins.data.store import index
from mia_plugins.data.store.cache import open_store
from mia_plugins.data.store.index import Entry, load_index, save_index


@pytest.fixture
def folder(path, cache):
    """The folder of the pickle's store."""
    check(path, make_table())
    (name,) = stores(cache)
    return cache / name


def parts(folder):
    """The parts of an index: int64 (clips, 5) and its JSON."""
    with np.load(folder / "index.npz") as members:
        return members["clips"], json.loads(members["text"].tobytes())


def plant(folder, clips, text, write=np.savez):
    """Writes an index with right checksums; ``text`` may be bytes."""
    content = text if isinstance(text, bytes) else json.dumps(text).encode()
    write(folder / "index.npz", clips=clips, text=np.frombuffer(content, np.uint8))


def test_an_index_comes_back_as_it_was_saved(tmp_path):
    np.arange(20, dtype="<f4").tofile(tmp_path / "frames.f32")
    keys = ["", "é\0", "\ud800", '"', "k" * 300]
    saved = [
        Entry(0, 2, 5, -1),
        Entry(10, 2, 5, 1),
        Entry(0, 2, 5, -1),
        Entry(-1, 0, 0, -1, 0, "is a str"),
        Entry(5, 1, 5, 0, 1, "x"),
    ]
    save_index(tmp_path, dict(zip(keys, saved)))
    store = load_index(tmp_path)
    assert list(store.rows) == keys
    assert store.index.tolist() == [list(entry[:5]) for entry in saved]
    assert store.faults == {3: "is a str", 4: "x"}


def test_whatever_byte_is_changed_no_wrong_index_is_read(folder):
    """Only bytes that say nothing, such as a member's date, may be changed without a trace."""
    path, (clips, text) = folder / "index.npz", parts(folder)
    content, noticed = path.read_bytes(), 0
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
        store = load_index(folder)
        if store is None:
            noticed += 1
        else:
            assert store.index.tolist() == clips.tolist()
            assert list(store.rows) == text["keys"]
    assert noticed > len(content) / 2


BIG = 2**62


def row(*values):
    return lambda clips, text: clips.__setitem__(0, values)


@pytest.mark.parametrize(
    "change",
    [
        row(10**9, 1, 4, -1, -1),  # beyond the file
        row(-1, 1, 4, -1, -1),
        row(-8, 1, 4, -1, -1),
        row(0, BIG, 4, -1, -1),
        row(0, 1, BIG, -1, -1),
        row(0, BIG, BIG, -1, -1),  # a product that is 0 in 64 bits
        row(0, 2**61, 8, -1, -1),
        row(BIG, 2, 4, -1, -1),
        row(0, -2, 4, -1, -1),
        row(0, -2, -4, -1, -1),
        row(0, 1, 4, 9, -1),
        row(0, 1, 4, -9, -1),
        row(0, 1, 4, -1, 0),  # a fault without a word
        row(0, 1, 4, -1, BIG),
        lambda clips, text: text.pop("keys"),
        lambda clips, text: text["keys"].pop(),
        lambda clips, text: text["keys"].append("more"),
        lambda clips, text: text["keys"].__setitem__(0, 7),
        lambda clips, text: text["keys"].__setitem__(0, ["x"]),
        lambda clips, text: text["keys"].__setitem__(0, text["keys"][1]),
        lambda clips, text: text.update(keys=None),
        lambda clips, text: text.update(faults={"0": "never happens"}),
        lambda clips, text: text.update(faults={"99": "no such row"}),
        lambda clips, text: text.update(faults={"x": "y"}),
        lambda clips, text: text.update(faults=[]),
        lambda clips, text: (row(-1, 0, 0, -1, 0)(clips, text), text.update(faults={"0": 5})),
        lambda clips, text: (row(-1, 0, 0, -1, 0)(clips, text), text.update(faults={"0": "two\nlines"})),
        lambda clips, text: (row(-1, 0, 0, -1, 0)(clips, text), text.update(faults={"0": "x" * 10**6})),
        lambda clips, text: text.update(values=text["values"] + 1),
        lambda clips, text: text.update(values=None),
        lambda clips, text: text.update(values=1e400),
    ],
)
def test_wrong_contents_with_right_checksums_are_made_again(path, folder, conversions, change):
    clips, text = parts(folder)
    change(clips, text)
    plant(folder, clips, text)
    check(path, make_table())
    assert conversions == ["video_feats.pkl"]
    assert stores(folder.parent) == [folder.name]


@pytest.mark.parametrize(
    "clips",
    [
        np.zeros((5, 4), np.int64),
        np.zeros((6, 5), np.int64),
        np.zeros(25, np.int64),
        np.zeros((5, 5), np.float64),
        np.zeros((5, 5), "U4"),
        np.zeros((0, 5), np.int64),
        np.int64(3),
    ],
    ids=repr,
)
def test_arrays_of_another_shape_or_type(path, folder, conversions, clips):
    plant(folder, clips, parts(folder)[1])
    check(path, make_table())
    assert conversions == ["video_feats.pkl"]


@pytest.mark.parametrize("text", [b"", b"[" * 200_000, b"{}", b"null", b"\xff", b'{"keys":' + b"9" * 10_000 + b"}"])
def test_text_that_is_no_index(path, folder, conversions, text):
    plant(folder, parts(folder)[0], text)
    check(path, make_table())
    assert conversions == ["video_feats.pkl"]


def test_a_planted_pickle_is_not_run(path, folder, tmp_path, conversions):
    class Calls:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    clips = np.empty((5, 5), object)
    clips[:] = Calls()
    plant(folder, clips, parts(folder)[1])
    check(path, make_table())
    assert conversions == ["video_feats.pkl"]
    assert not (tmp_path / "ran").exists()


def test_a_bomb_is_not_unpacked(folder, monkeypatch):
    """A compressed index may be a thousand times as large as its file."""
    clips, text = parts(folder)
    monkeypatch.setattr(index, "_LARGEST", 10**6)
    plant(folder, clips, text | {"more": "0" * 10**7}, write=np.savez_compressed)
    assert (folder / "index.npz").stat().st_size < 10**5
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: pytest.fail("was unpacked"))
    assert load_index(folder) is None


def test_an_array_that_claims_to_be_huge_takes_no_memory(path, folder, conversions):
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (%d, 5), }" % 10**11
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    with zipfile.ZipFile(folder / "index.npz", "w") as members:
        members.writestr("clips.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        members.writestr("text.npy", b"")
    check(path, make_table())
    assert conversions == ["video_feats.pkl"]


MAKE = {"FIFO": os.mkfifo, "folder": os.mkdir, "device": lambda place: os.symlink("/dev/zero", place)}


@pytest.mark.parametrize("name", ["frames.f32", "index.npz"])
@pytest.mark.parametrize("kind", MAKE)
def test_what_is_no_file_is_not_opened(path, folder, conversions, name, kind):
    (folder / name).unlink()
    MAKE[kind](folder / name)
    check(path, make_table())
    assert conversions == ["video_feats.pkl"]


@pytest.mark.parametrize("kind", MAKE)
def test_a_pickle_that_is_no_file_is_not_opened(tmp_path, user_error, kind):
    MAKE[kind](tmp_path / "a.pkl")
    with user_error(tmp_path / "a.pkl", f"it is a {kind}"):
        open_store(tmp_path / "a.pkl")


def test_frames_that_are_shared_and_clips_without_frames(tmp_path):
    frame = np.ones((1, 4), np.float32)
    table = {"a": [frame, frame], "b": frame, "c": [frame], "none": None, "empty": [], "flat": [np.ones(0)] * 3}
    path = write(tmp_path / "a.pkl", table)
    for _ in range(2):
        store = open_store(path)
        assert store.faults.keys() == {3, 4}
        assert [len(read_features(path, [key], max_length=9)[0]) for key in "abc"] == [2, 1, 1]
