"""Array files (``.npy``, ``.npz``), read as untrusted input: no code, no archive bomb, one kind of error."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from ..errors import UserError
from .untrusted import check_regular

MOST_BYTES = 1 << 30  # of one file, and of all that an archive unpacks to
MOST_ARRAYS = 1000


def read_array(path: Path, most_bytes: int = MOST_BYTES, remedy: str = "") -> np.ndarray:
    """The numbers in an ``.npy`` file.

    Args:
        path: of the file.
        most_bytes: the largest file that is read.
        remedy: what the user should do where it is damaged.

    Raises:
        FileNotFoundError: there is no such file.
        UserError: it is damaged, too large, or holds something other than numbers.
    """
    try:
        check_there(path, most_bytes)
        # mapped, so that a header that promises more than the file holds is refused before anything is allocated
        return np.array(numbers(np.load(path, mmap_mode="r", allow_pickle=False)))
    except (FileNotFoundError, UserError):
        raise
    except Exception as error:  # whatever damaged bytes make the library raise
        raise damaged(path, error, remedy) from error


def read_arrays(path: Path, most_bytes: int = MOST_BYTES, remedy: str = "") -> dict[str, np.ndarray]:
    """The arrays in an ``.npz`` file, by name; arguments as in :func:`read_array`.

    Raises:
        FileNotFoundError: there is no such file.
        UserError: it is damaged, would unpack to too much, or holds something other than numbers.
    """
    try:
        check_there(path, most_bytes)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > most_bytes or len(members) > MOST_ARRAYS:
                raise ValueError(f"would unpack to {unpacked} bytes in {len(members)} arrays; refused")
            return {
                member.filename[: -len(".npy")]: numbers(
                    np.load(io.BytesIO(archive.read(member)), allow_pickle=False)  # reads no more than was declared
                )
                for member in members
                if member.filename.endswith(".npy")
            }
    except (FileNotFoundError, UserError):
        raise
    except Exception as error:  # whatever damaged bytes make the libraries raise
        raise damaged(path, error, remedy) from error


def check_there(path: Path, most_bytes: int) -> None:
    """Refuses what :func:`check_regular` does; a missing file is a FileNotFoundError."""
    if not path.exists() and not path.is_symlink():
        raise FileNotFoundError(path)
    check_regular(path, most_bytes)


def numbers(values: np.ndarray) -> np.ndarray:
    """The array, if it holds bools or real numbers."""
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        raise ValueError("holds no array of numbers")
    return values


def damaged(path: Path, error: Exception, remedy: str) -> UserError:
    """One line for any error."""
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return UserError(f"{path}: cannot be read ({reason}){f'; {remedy}' if remedy else ''}")
