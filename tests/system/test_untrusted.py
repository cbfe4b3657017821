import errno
import os
import socket
from pathlib import Path

import pytest

from mia_plugins.errors import UserError
from mia_plugins.system.untrusted import check_regular, is_regular, read_bytes


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


OTHERS = {
    "a folder": Path.mkdir,
    "a FIFO": os.mkfifo,
    "a socket": make_socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_only_files_are_regular(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)  # a socket's path may be 100 characters long
    OTHERS[kind](Path("place"))
    assert not is_regular(Path("place"))
    with pytest.raises(UserError, match=rf"^place: cannot be read \(it is {kind}\); give a file$"):
        check_regular("place")


def test_files_and_links_to_files(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("file", "link"):
        assert is_regular(tmp_path / name)
        check_regular(tmp_path / name, largest=5)
    os.truncate(tmp_path / "file", 3 << 20)  # a hole: takes no disk
    with pytest.raises(UserError, match="link: has more than 2097152 bytes"):
        check_regular(tmp_path / "link", largest=2 << 20)


def test_bytes_within_a_limit(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bytes(path) == read_bytes(path, 5) == b"12345"
    with pytest.raises(UserError, match="file: has more than 4 bytes"):
        read_bytes(path, 4)
    with pytest.raises(UserError, match="it is a folder"):
        read_bytes(tmp_path)


@pytest.mark.parametrize("name", ["none", "file/below", "n" * 300, "loop", "dangling"])
def test_what_is_not_there(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert not is_regular(tmp_path / name)
    with pytest.raises(UserError, match=r"cannot be read \(.+\); check the path"):
        check_regular(tmp_path / name)


def test_a_nul_in_a_name():
    assert not is_regular(Path("a\0b"))
    with pytest.raises(UserError, match="cannot be read"):
        check_regular("a\0b")


def test_a_folder_that_may_not_be_searched(monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(UserError, match="secret/train.tsv: cannot be read .Permission denied.; check"):
        is_regular(Path("secret/train.tsv"))
