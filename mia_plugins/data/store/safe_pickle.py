"""Reading a feature pickle without running what is in it.

A pickle is a program: an ordinary load calls whatever function the file names. Here the only names with a meaning
are those by which numpy writes numeric arrays. Each stands for a function below that checks its arguments; nothing
else is ever called.

The base is the standard library's unpickler in Python, not the one in C: it can be narrowed opcode by opcode, and
small files can end the process in C (a huge memo index fills the memory, hashing a deeply nested tuple
overflows the stack). It costs some 15 µs an array.
"""

from __future__ import annotations

import math
import os
import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn

import numpy as np

from ...errors import UserError

_REMEDY = "save the features again as a pickled dict of clip key -> numeric array (frames, width)"


def load_plain(path: str | os.PathLike[str]) -> object:
    """Load a pickle made of dicts with text keys, lists, tuples, plain values and numeric numpy arrays.

    Arrays may be read-only; an OrderedDict comes back as a dict.

    Args:
        path: a pickle of any protocol, written under numpy 1 or 2.

    Raises:
        UserError: the file cannot be read, is no complete pickle, or asks for anything else than the above.
    """
    with plain_errors(path), open(path, "rb") as file:
        return PlainUnpickler(file).load()


@contextmanager
def plain_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turns what goes wrong while ``path`` is unpickled into a one-line UserError."""
    try:
        yield
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}); check the path and its rights") from None
    except Refused as error:
        raise UserError(f"{path}: the pickle holds {error}; nothing of it was run; {_REMEDY}") from None
    except Exception as error:  # broken bytes raise almost anything, from struct.error to MemoryError
        raise UserError(
            f"{path}: not a whole pickle of numeric arrays ({type(error).__name__}); copy the file again, or {_REMEDY}"
        ) from None


class Refused(Exception):
    """What a plain feature file has no need of, in words that follow "the pickle holds"."""


class Dtype:
    """Stands for a numpy dtype, since numpy's own could be changed for the whole process by a BUILD."""

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
    """The dtype, if ``raw`` is exactly the bytes of an array of this shape."""
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


def _ndarray(*_: object) -> NoReturn:
    """Stands for numpy.ndarray, which numpy's pickles only hand to ``_reconstruct``."""
    raise Refused("a direct call of numpy.ndarray")


def reconstruct(kind: object, _shape: object, _code: object) -> np.ndarray:
    """The empty array that a BUILD then fills; shape and type come with the BUILD."""
    if kind is not _ndarray:
        raise Refused("an array of a class other than numpy.ndarray")
    return np.empty(0, dtype=np.uint8)


def fill(array: np.ndarray, state: Any) -> None:
    """Give the array of ``reconstruct`` its shape, type and values, as numpy's own BUILD does."""
    _version, shape, dtype, fortran, raw = state
    filled: Any = (1, shape, check_array(shape, dtype, raw), fortran is True, raw)
    array.__setstate__(filled)


def frombuffer(raw: Any, dtype: Any, shape: Any, order: Any, axis_order: Any = None) -> np.ndarray:
    """An array as protocol 5 writes it; ``axis_order`` is numpy 2.3's for transposed arrays of three axes or more."""
    flat: np.ndarray = np.frombuffer(raw, check_array(shape, dtype, raw))
    if order == "K" and axis_order is not None:
        return flat.reshape(shape).transpose(axis_order)
    return flat.reshape(shape, order=order)


def _scalar(dtype: Any, raw: Any) -> Any:
    """A numpy number."""
    return np.frombuffer(raw, check_array((), dtype, raw))[0]


def _encode(text: object, encoding: object) -> bytes:
    """Bytes as protocols 0 to 2 write them; another codec than latin1 would be code of its own."""
    if type(text) is not str or encoding != "latin1":
        raise Refused("a call of _codecs.encode with another codec than latin1")
    return text.encode("latin1")


def _ordered_dict() -> dict[str, object]:
    return {}


_GLOBALS: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): _ordered_dict,
    ("numpy", "dtype"): Dtype,
    ("numpy", "ndarray"): _ndarray,
}
for _core in ("numpy.core", "numpy._core"):  # numpy 1 and numpy 2
    _GLOBALS[_core + ".multiarray", "_reconstruct"] = reconstruct
    _GLOBALS[_core + ".multiarray", "scalar"] = _scalar
    _GLOBALS[_core + ".numeric", "_frombuffer"] = frombuffer

# Left out on purpose: extension codes, persistent ids, out-of-band buffers, old and new-style instances, sets.
_OPCODES = [
    *("PROTO", "FRAME", "STOP", "MARK"),
    *("NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG1", "FLOAT", "BINFLOAT"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "LIST", "APPEND", "APPENDS", "EMPTY_DICT"),
    *("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "GET", "BINGET", "LONG_BINGET"),
    *("GLOBAL", "STACK_GLOBAL", "REDUCE"),
]


class PlainUnpickler(pickle._Unpickler):
    """The standard unpickler with the opcodes above, the names above, and text as the only dict keys."""

    stack: list[Any]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]] for name in _OPCODES
    }
    # Read as bytes: the standard bytearray(n) writes n zeros before it notices that the file is shorter.
    dispatch[pickle.BYTEARRAY8[0]] = pickle._Unpickler.dispatch[pickle.BINBYTES8[0]]

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _GLOBALS[module, name]
        except KeyError:
            raise Refused(f"the name {ascii(f'{module}.{name}')[:80]}, which could run code") from None

    def load_build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is Dtype:
            target.build(state)
        elif type(target) is np.ndarray:
            fill(target, state)
        else:
            raise Refused(f"a state for a {type(target).__name__}")

    def _store(self, items: Sequence[Any]) -> None:
        table = self.stack[-1]
        if type(table) is not dict or any(type(key) is not str for key in items[::2]):
            raise Refused("a dict whose keys are not text")
        table.update(zip(items[::2], items[1::2]))

    def load_setitem(self) -> None:
        items = self.stack[-2:]
        del self.stack[-2:]
        self._store(items)

    def load_setitems(self) -> None:
        self._store(self.pop_mark())  # type: ignore[attr-defined]

    def load_dict(self) -> None:
        items = self.pop_mark()  # type: ignore[attr-defined]
        self.append({})  # type: ignore[attr-defined]
        self._store(items)

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[pickle.DICT[0]] = load_dict
