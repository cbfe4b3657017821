"""Digests of files and folders: cheap, and different for files that differ."""

import os

import numpy as np
import pytest

from mia_plugins.system import digests
from mia_plugins.system.digests import file_digest, folder_digest


@pytest.fixture
def files(tmp_path):
    """Sixty files, small and large."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / "features" / f"clip{i}.npy" for i in range(60)]
    paths[0].parent.mkdir()
    for i, path in enumerate(paths):
        path.write_bytes(rng.bytes(100_000 if i % 10 == 0 else i))
    return paths


def test_a_folder_whose_files_differ_has_another_digest(files, tmp_path):
    before = folder_digest(files)
    for path in files:
        content = path.read_bytes()
        os.utime(path, (1, 1))
        if not content:
            continue
        path.write_bytes(bytes(255 - byte for byte in content))  # as large as before
        assert folder_digest(files) != before, path
        path.write_bytes(content)
        assert folder_digest(files) == before
    path.rename(path.with_name("other.npy"))
    assert folder_digest([*files[:-1], path.with_name("other.npy")]) != before
    assert folder_digest(files[:-1]) != before


def test_the_same_files_elsewhere_have_the_same_digest(files, tmp_path):
    copies = [tmp_path / "copies" / path.name for path in files]
    copies[0].parent.mkdir()
    for path, copy in zip(files, copies):
        copy.write_bytes(path.read_bytes())
    assert folder_digest(copies) == folder_digest(files)


def test_no_more_than_some_files_are_opened(files, monkeypatch):
    opened = []

    def count(path, *sizes):
        opened.append(path)
        return file_digest(path, *sizes)

    monkeypatch.setattr(digests, "MOST_FILES", 7)
    monkeypatch.setattr(digests, "file_digest", count)
    before = folder_digest(files)
    assert 4 <= len(opened) <= 7
    assert opened[0] == files[0]
    assert opened[-1] in files[40:]
    files[1].write_bytes(b"of another size")  # not among those that are opened
    assert folder_digest(files) != before


def test_a_large_file_is_read_in_part(tmp_path):
    path = tmp_path / "large"
    content = bytearray(np.random.default_rng(0).bytes(8_000_000))
    path.write_bytes(content)
    before = file_digest(path)
    for place in (0, len(content) - 1):
        content[place] ^= 1
        path.write_bytes(content)
        assert file_digest(path) != before
        content[place] ^= 1
    path.write_bytes(content + b"\0")
    assert file_digest(path) != before
    path.write_bytes(np.random.default_rng(1).bytes(8_000_000))
    assert file_digest(path) != before
