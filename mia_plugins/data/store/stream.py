"""Unpickling a dict of arrays with no more than one clip of it in memory.

Each array goes to a sink as soon as it is complete, and a small :class:`Handle` takes its place. An unpickler also
remembers all that it has read, because the file may refer to it again. Here it remembers it until the clip ends,
except the little that later clips refer to. A file that refers to something forgotten cannot be streamed; numpy's pickles
do not.
"""

from __future__ import annotations

import pickle
import types
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, ClassVar, NoReturn, Protocol

import numpy as np

from .numpy_pickles import Dtype, fill, frombuffer, reconstruct
from .safe_pickle import PlainUnpickler

_SHORT = 64  # characters or bytes; anything longer is the raw data of an array
_LASTING = (Dtype, type, types.FunctionType, types.MethodType)  # what every array's pickle refers to


class NotStreamable(Exception):
    """The file refers to something forgotten; it must be loaded at once."""


class Handle:
    """An array that went to the sink.

    Attributes:
        shape, dtype: of the array; before its BUILD those of the empty array that numpy's pickles begin with.
        offset: where its values are, counted in values; -1: they were not kept.
        bad: the first index along its first axis with a value that is not finite or too large; -1: none.
        filled: whether the array went to the sink.
    """

    __slots__ = ("bad", "dtype", "filled", "offset", "shape")

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = (0,)
        self.dtype = np.dtype(np.uint8)
        self.offset, self.bad, self.filled = -1, -1, False

    def fill(self, array: np.ndarray, offset: int, bad: int) -> Handle:
        self.shape, self.dtype, self.offset, self.bad, self.filled = array.shape, array.dtype, offset, bad, True
        return self


class Sink(Protocol):
    """Takes the arrays and the clips of a file while it is read."""

    def array(self, array: np.ndarray) -> tuple[int, int]:
        """Keep an array; returns ``offset`` and ``bad`` of its handle."""

    def clip(self, value: Any) -> Any:
        """Take a complete clip, a dict's value with handles for arrays; the result stays in memory."""


def stream(file: BinaryIO, sink: Sink) -> object:
    """Unpickle a dict and hand its clips to a sink.

    Returns:
        key -> what the sink made of the clip; if the pickle holds no dict, its value with handles for arrays.

    Raises:
        NotStreamable: see above; the sink then has a part of the file.
        Exception: what :class:`PlainUnpickler` raises.
    """
    result = _StreamingUnpickler(file, sink).load()
    if type(result) is _Settled:
        raise NotStreamable
    return {key: value.clip for key, value in result.items()} if type(result) is dict else result


class _Settled:
    """What the sink made of a clip; if it turns out to be no clip, the file cannot be streamed."""

    __slots__ = ("clip",)

    def __init__(self, clip: Any) -> None:
        self.clip = clip

    def append(self, _item: object) -> NoReturn:
        raise NotStreamable

    extend = append


class _Memo:
    """The unpickler's memo; ``forget`` drops all that a clip added and did not refer to."""

    def __init__(self) -> None:
        self.fresh: dict[int, Any] = {}
        self.kept: dict[int, Any] = {}
        self.count, self.top = 0, -1

    def __len__(self) -> int:
        return self.count

    def __setitem__(self, index: int, value: Any) -> None:
        if index <= self.top:  # picklers count upwards
            raise NotStreamable
        self.fresh[index], self.top, self.count = value, index, self.count + 1

    def __getitem__(self, index: int) -> Any:
        if index in self.fresh:  # a padding frame, say, that comes again in this clip and perhaps in the next
            self.kept[index] = self.fresh[index]
        elif index not in self.kept and index <= self.top:
            raise NotStreamable
        return self.kept[index]

    def forget(self, clip: Any = None) -> None:
        """Forget the clip, except a handle ``clip``: the same array may belong to other clips, too."""
        for index, value in self.fresh.items():
            short = isinstance(value, (str, bytes)) and len(value) <= _SHORT
            if short or isinstance(value, _LASTING) or (value is clip and type(clip) is Handle):
                self.kept[index] = value
        self.fresh.clear()


class _StreamingUnpickler(PlainUnpickler):
    """The safe unpickler, which refuses the same files; arrays go to the sink."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(PlainUnpickler.dispatch)

    def __init__(self, file: BinaryIO, sink: Sink) -> None:
        super().__init__(file)
        self.memo: Any = _Memo()
        self.sink = sink
        self.settled = 0  # items of the outer dict's current batch that the sink has, keys included

    def find_class(self, module: str, name: str) -> Any:
        function = super().find_class(module, name)
        streaming = {reconstruct: self._reconstruct, frombuffer: self._frombuffer}
        return streaming.get(function, function)

    def _reconstruct(self, *args: Any) -> Handle:
        reconstruct(*args)
        return Handle()

    def _frombuffer(self, *args: Any) -> Handle:
        array = frombuffer(*args)
        return Handle().fill(array, *self.sink.array(array))

    def load_build(self) -> None:
        target = self.stack[-2]
        if type(target) is _Settled or (type(target) is Handle and target.filled):
            raise NotStreamable
        if type(target) is not Handle:
            super().load_build()
            return
        array = np.empty(0, np.uint8)
        fill(array, self.stack.pop())
        target.fill(array, *self.sink.array(array))

    dispatch[pickle.BUILD[0]] = load_build

    def _settle(self, value: Any) -> Any:
        """Hand a clip to the sink, unless it went there already."""
        if type(value) is _Settled:
            return value
        if type(value) in (list, tuple) and any(type(item) is _Settled for item in value):
            raise NotStreamable
        return _Settled(self.sink.clip(value))

    def _settle_batch(self) -> None:
        """Before a key: settle the clips before it, as a dict's items come in batches of a thousand."""
        if len(self.metastack) != 1 or len(self.metastack[0]) != 1 or type(self.metastack[0][0]) is not dict:
            return
        while (count := len(self.stack) - self.settled) >= 2 and count % 2 == 0:
            key, value = self.stack[self.settled : self.settled + 2]
            complete = type(value) is Handle or (type(value) in (list, tuple) and value)
            if type(key) is not str or not complete:  # a text that is no key, or a value that is still being made
                return
            self.stack[self.settled + 1] = self._settle(value)
            self.settled += 2
            self.memo.forget(value)

    def _store(self, items: Sequence[Any]) -> None:
        if not self.metastack and len(self.stack) == 1:  # the outermost dict
            last = items[-1] if items else None
            items = [self._settle(item) if i % 2 else item for i, item in enumerate(items)]
            self.settled = 0
            self.memo.forget(last)
        super()._store(items)


def _after_settling(load_text: Callable[[Any], None]) -> Callable[[Any], None]:
    def load(unpickler: _StreamingUnpickler) -> None:
        unpickler._settle_batch()
        load_text(unpickler)

    return load


for _code in (pickle.UNICODE[0], pickle.BINUNICODE[0], pickle.SHORT_BINUNICODE[0]):
    _StreamingUnpickler.dispatch[_code] = _after_settling(PlainUnpickler.dispatch[_code])
