"""Feature files of every format: what was saved is read, and nothing in them is run."""

import json
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file as save_tensors
from store_files import SAVE, SAVE_ONE, make_table

from mia_plugins.data.store.formats import SUFFIXES, read_arrays_of

TYPES = ["<f8", "<f4", "<f2", "<i8", "<i4", "<i2", "<i1", "<u1"]


def same(read, table):
    read = dict(read)
    assert sorted(read) == sorted(table)
    for key, expected in table.items():
        np.testing.assert_array_equal(read[key], expected, strict=True)


@pytest.mark.parametrize("code", TYPES)
@pytest.mark.parametrize("suffix", SAVE)
def test_clips_by_key(tmp_path, suffix, code):
    table = {key: (9 * frames).astype(code) for key, frames in make_table(7).items()}
    SAVE[suffix](tmp_path / f"a{suffix}", table)
    same(read_arrays_of(tmp_path / f"a{suffix}"), table)


@pytest.mark.parametrize("suffix", SAVE_ONE)
def test_one_clip_is_named_after_its_file(tmp_path, suffix):
    frames = make_table()["clip0"]
    path = tmp_path / f"dia1.utt2{suffix}"
    SAVE_ONE[suffix](path, frames)
    same(read_arrays_of(path), {"dia1.utt2": frames})


@pytest.mark.parametrize("suffix", SAVE)
def test_a_shard_of_one_clip_keeps_its_key(tmp_path, suffix):
    SAVE[suffix](tmp_path / f"shard{suffix}", make_table(1))
    same(read_arrays_of(tmp_path / f"shard{suffix}"), make_table(1))


def test_every_suffix_has_its_test():
    assert set(SAVE_ONE) == set(SUFFIXES)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_bfloat16(tmp_path, suffix):
    tensor = torch.randn(5, 4).bfloat16()
    (torch.save if suffix == ".pt" else save_tensors)({"a": tensor}, tmp_path / f"x{suffix}")
    same(read_arrays_of(tmp_path / f"x{suffix}"), {"a": tensor.float().numpy()})


def test_tensors_that_share_a_storage(tmp_path):
    whole = torch.arange(60.0).reshape(3, 5, 4)
    table = {"part": whole[1], "turned": whole[2].T, "step": whole[0, ::2], "none": whole[:0, 0], "whole": whole}
    torch.save({**table, "list": list(whole[0])}, tmp_path / "a.pt")
    read = dict(read_arrays_of(tmp_path / "a.pt"))
    np.testing.assert_array_equal(np.stack(read.pop("list")), whole[0].numpy())
    same(read.items(), {key: tensor.numpy() for key, tensor in table.items()})


def test_numpy_arrays_in_a_pt_file(tmp_path):
    torch.save(make_table(), tmp_path / "a.pt")
    same(read_arrays_of(tmp_path / "a.pt"), make_table())


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.99])
def test_a_file_that_was_cut_off(tmp_path, user_error, suffix, part):
    path = tmp_path / f"a{suffix}"
    SAVE.get(suffix, lambda path, table: np.save(path, table["clip0"]))(path, make_table())
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with user_error(path, "again"):
        list(read_arrays_of(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_file(tmp_path, user_error, suffix):
    os.mkfifo(tmp_path / f"a{suffix}")
    for name, reason in ((f"a{suffix}", "it is a FIFO"), (f"none{suffix}", "cannot be read")):
        with user_error(tmp_path / name, reason):
            list(read_arrays_of(tmp_path / name))


# hostile files


class Calls:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def plant(path, value):
    """A file of the path's format that holds the value as a pickle."""
    array = np.empty(1, object)
    array[0] = value
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, a=array)
    elif path.suffix == ".pt":
        torch.save({"a": value}, path)
    else:
        path.write_bytes(pickle.dumps({"a": value}))


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pkl", ".pt"])
def test_nothing_is_run(tmp_path, user_error, suffix):
    path, ran = tmp_path / f"a{suffix}", tmp_path / "ran"
    plant(path, Calls(ran))
    with user_error(path, "save the features again"):
        list(read_arrays_of(path))
    assert not ran.exists()
    plant(path, Calls(ran))
    if suffix == ".npy":  # the test can fail: an ordinary load does run it
        np.load(path, allow_pickle=True)
        assert ran.exists()


def rewrite(path, change):
    """A ``.pt`` file with another pickle."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, change(content) if name.endswith("/data.pkl") else content)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"K\x05K\x04\x86", b"K\xffK\x04\x86"),  # a shape
        (b"K\x04K\x01\x86", b"K\xffK\x01\x86"),  # a stride
        (b"K\x04K\x01\x86", b"K\x00K\x00\x86"),  # fine: a frame that comes again and again, within the storage's size
        (b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x009"),  # a storage's name
        (b"FloatStorage", b"ShortStorage"),
        (b"FloatStorage", b"CharStorages"),
        (b"_rebuild_tensor_v2", b"_rebuild_tensor_v9"),
    ],
)
def test_a_tensor_that_does_not_fit_its_storage(tmp_path, user_error, old, new):
    path = tmp_path / "a.pt"
    torch.save({"a": torch.ones(5, 4)}, path)
    assert old in zipfile.ZipFile(path).read("a/data.pkl")
    rewrite(path, lambda content: content.replace(old, new))
    if b"\x00K\x00" in new:
        same(read_arrays_of(path), {"a": np.ones((5, 4), np.float32)})
        return
    with user_error(path, "again"):
        list(read_arrays_of(path))


def header_of(path, header, values=b"\0" * 16):
    text = json.dumps(header) if isinstance(header, dict) else header
    path.write_bytes(len(text).to_bytes(8, "little") + text.encode() + values)


@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F32", "shape": [5], "data_offsets": [0, 20]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [4, 20]}},
        {"a": {"dtype": "F32", "shape": [-2, -2], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": [4], "data_offsets": [-16, 0]}},
        {"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}},
        {"a": {"dtype": "BOOL", "shape": [16], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F32", "shape": 4}},
        '{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}, "a": {}}',
        "[" * 10_000,
        "[]",
    ],
)
def test_a_safetensors_header_that_lies(tmp_path, user_error, header):
    path = tmp_path / "a.safetensors"
    header_of(path, {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}, "__metadata__": {"b": "c"}})
    same(read_arrays_of(path), {"a": np.zeros(4, np.float32)})
    header_of(path, header)
    with user_error(path, "again"):
        list(read_arrays_of(path))


def test_a_bomb_is_not_unpacked(tmp_path, user_error, monkeypatch):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.zeros((1000, 10_000), np.float32))
    assert path.stat().st_size < 10**5
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: pytest.fail("was unpacked"))
    with user_error(path, "would unpack to", "numpy.savez"):
        list(read_arrays_of(path))


def test_a_name_that_comes_twice(tmp_path, user_error):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.ones(3))
    with zipfile.ZipFile(path) as archive:
        content = archive.read("a.npy")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a.npy", content)
    with user_error(path, "a name occurs twice"):
        list(read_arrays_of(path))
