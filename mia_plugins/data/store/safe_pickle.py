"""Reading a feature pickle without running anything that is in it.

A pickle is a program: an ordinary load calls whatever function the file names. Here only a few opcodes work, and only
the names of :mod:`~mia_plugins.data.store.numpy_pickles` mean anything.

The base is the standard library's unpickler in Python, not the one in C. It can be narrowed opcode by opcode, and
small files can crash the one in C (a huge memo index fills the memory, hashing a deeply nested tuple overflows the
stack). It costs about 15 µs an array.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, ClassVar

import numpy as np

from ...errors import UserError
from ...system.untrusted import check_regular, unreadable
from .numpy_pickles import FUNCTIONS, Dtype, Refused, fill

_REMEDY = "save the features again as a pickled dict of clip key -> numeric array (frames, width)"
_LEVELS = 1000  # of open marks; picklers cannot nest deeper, and each mark takes 70 times its byte


def load_plain(path: str | os.PathLike[str]) -> object:
    """Load a pickle made of dicts with text keys, lists, tuples, plain values and numeric numpy arrays.

    Arrays may be read-only; an OrderedDict comes back as a dict.

    Args:
        path: a pickle of any protocol, written under numpy 1 or 2.

    Raises:
        UserError: the file cannot be read, is no complete pickle, or asks for anything but the above.
    """
    with open_pickle(path) as file:
        return PlainUnpickler(file).load()


@contextmanager
def open_pickle(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Opens a pickle; whatever goes wrong while it is read becomes a one-line UserError."""
    check_regular(path)
    try:
        with open(path, "rb") as file:
            yield file
    except UserError:
        raise
    except OSError as error:
        raise unreadable(path, error) from None
    except Refused as error:
        raise UserError(f"{path}: the pickle holds {error}; nothing in it was run; {_REMEDY}") from None
    except Exception as error:  # broken bytes raise almost anything, from struct.error to MemoryError
        raise UserError(
            f"{path}: not a complete pickle of numeric arrays ({type(error).__name__}); copy the file again, "
            f"or {_REMEDY}"
        ) from None


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
    metastack: list[list[Any]]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]] for name in _OPCODES
    }
    # Read as bytes: the standard bytearray(n) writes n zeros before it notices that the file is shorter.
    dispatch[pickle.BYTEARRAY8[0]] = pickle._Unpickler.dispatch[pickle.BINBYTES8[0]]

    def find_class(self, module: str, name: str) -> Any:
        try:
            return FUNCTIONS[module, name]
        except KeyError:
            raise Refused(f"the name {ascii(f'{module}.{name}')[:80]}, which could run code") from None

    def load_mark(self) -> None:
        if len(self.metastack) >= _LEVELS:
            raise Refused(f"more than {_LEVELS} levels of nesting")
        super().load_mark()  # type: ignore[misc]

    def load_build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is Dtype:
            target.build(state)
        elif type(target) is np.ndarray:
            fill(target, state)
        else:
            raise Refused(f"a state for a {'function' if callable(target) else type(target).__name__}")

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

    dispatch[pickle.MARK[0]] = load_mark
    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.SETITEM[0]] = load_setitem
    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[pickle.DICT[0]] = load_dict
