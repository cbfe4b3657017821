"""Whether files on disk are those of a commit. Git's own ``status`` would run the filters that a checkout configures."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path, PurePosixPath
from typing import NamedTuple

LINK, SUBMODULE = "120000", "160000"  # git's modes


class Entry(NamedTuple):
    """A file of a commit: git's mode, the SHA-1 under which git stores its contents, and their bytes."""

    mode: str
    digest: str
    size: int


def is_unchanged(folder: Path, path: str, entry: Entry) -> bool:
    """Whether a file on disk is the commit's, line endings aside (git may rewrite those on Windows).

    Args:
        folder: the checkout.
        path: of the file in it; one that leads out of the folder counts as changed.
        entry: of the commit.
    """
    parts = PurePosixPath(path).parts
    if ".." in parts or any(folder.joinpath(*parts[:i]).is_symlink() for i in range(1, len(parts))):
        return False
    if entry.mode == SUBMODULE:
        return True
    file = folder / path
    try:
        state = file.lstat()
        if entry.mode == LINK:
            return stat.S_ISLNK(state.st_mode) and blob_digest(os.fsencode(os.readlink(file))) == entry.digest
        if not stat.S_ISREG(state.st_mode) or state.st_size > 2 * entry.size:  # line endings at most double a file
            return False
        raw = file.read_bytes()
    except OSError:
        return False
    return entry.digest in (blob_digest(raw), blob_digest(raw.replace(b"\r\n", b"\n")))


def blob_digest(raw: bytes) -> str:
    """The SHA-1 under which git stores contents.

    >>> blob_digest(b"hello\\n")
    'ce013625030ba8dba906f756967f9e9ca394464a'
    """
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
