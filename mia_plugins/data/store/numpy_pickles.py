"""The functions that numpy's pickles of numeric arrays call, each replaced by one that checks its arguments.

:data:`FUNCTIONS` is the allow-list: whatever name a pickle asks for is looked up there and nowhere else.
"""

from __future__ import annotations

import math
import re
from typing import Any, NoReturn

import numpy as np


class Refused(Exception):
    """What a feature file has no need of, in words that follow "the pickle holds"."""


class Dtype:
    """Replaces a numpy dtype, since a BUILD on numpy's would change it for all of the process."""

    def __init__(self, code: object, *_flags: object) -> None:
        if not (isinstance(code, str) and re.fullmatch(r"[biuf]\d{1,2}", code)):
            raise Refused(f"an array of type {ascii(code)[:40]}, which is not numeric")
        self.value = np.dtype(code)

    def build(self, state: tuple[Any, ...]) -> None:
        """Take numpy's dtype state, of which numbers use only the byte order."""
        if state[1] not in ("<", ">", "|", "=") or tuple(state[2:5]) != (None, None, None):
            raise Refused("an array type with fields, which is not numeric")
        self.value = self.value.newbyteorder(state[1])


def check_array(shape: object, dtype: object, raw: object) -> np.dtype[Any]:
    """The dtype, if ``raw`` has exactly the bytes of an array of this shape."""
    if not (
        type(raw) is bytes
        and isinstance(dtype, Dtype)
        and type(shape) is tuple
        and len(shape) <= 8
        and all(type(n) is int and 0 <= n < 2**31 for n in shape)
        and math.prod(shape) * dtype.value.itemsize == len(raw)
    ):
        raise Refused("an array whose shape, type and data do not agree")
    return dtype.value


def reconstruct(kind: object, _shape: object, _code: object) -> np.ndarray:
    """An empty array for a BUILD to fill; its shape and type come with the BUILD."""
    if kind is not _ndarray:
        raise Refused("an array of a class other than numpy.ndarray")
    return np.empty(0, dtype=np.uint8)


def fill(array: np.ndarray, state: Any) -> None:
    """Give the array of ``reconstruct`` its shape, type and values, as numpy's BUILD does."""
    _version, shape, dtype, fortran, raw = state
    checked: Any = (1, shape, check_array(shape, dtype, raw), fortran is True, raw)
    array.__setstate__(checked)


def frombuffer(raw: Any, dtype: Any, shape: Any, order: Any, axis_order: Any = None) -> np.ndarray:
    """An array of protocol 5; numpy 2.3 writes ``axis_order`` for transposed arrays of three axes or more."""
    flat: np.ndarray = np.frombuffer(raw, check_array(shape, dtype, raw))
    if order == "K" and axis_order is not None:
        return flat.reshape(shape).transpose(axis_order)
    return flat.reshape(shape, order=order)


def _ndarray(*_: object) -> NoReturn:
    """Replaces numpy.ndarray, which numpy's pickles only hand to ``_reconstruct``."""
    raise Refused("a direct call of numpy.ndarray")


def _scalar(dtype: Any, raw: Any) -> Any:
    """A numpy number."""
    return np.frombuffer(raw, check_array((), dtype, raw))[0]


def _encode(text: object, encoding: object) -> bytes:
    """Bytes as protocols 0 to 2 write them. Other codecs than latin1 may run code."""
    if type(text) is not str or encoding != "latin1":
        raise Refused("a call of _codecs.encode with another codec than latin1")
    return text.encode("latin1")


def _ordered_dict() -> dict[str, object]:
    return {}


FUNCTIONS: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): _ordered_dict,
    ("numpy", "dtype"): Dtype,
    ("numpy", "ndarray"): _ndarray,
}
for _core in ("numpy.core", "numpy._core"):  # numpy 1 and numpy 2
    FUNCTIONS[_core + ".multiarray", "_reconstruct"] = reconstruct
    FUNCTIONS[_core + ".multiarray", "scalar"] = _scalar
    FUNCTIONS[_core + ".numeric", "_frombuffer"] = frombuffer
