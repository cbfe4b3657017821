"""The sink of a conversion: writes the frames of clips to one file of raw float32, and checks them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import UserError
from .index import EMPTY, Entry
from .stream import Handle

_STEP = 1 << 20  # values written between two updates of the bar

# The largest value of a frame. Networks add up squares of values in float32 (norms, layer normalization, dot products),
# which ends at 3.4e38. Below this bound the squares of a clip of a million values, 500 frames of 2,000 features, add up
# to 1e36 at most.
LARGEST = 1e15


def unwritable(path: str | os.PathLike[str], folder: Path, error: OSError) -> UserError:
    """The error for a cache folder that does not take the frames of ``path``."""
    return UserError(
        f"{folder}: the features of {path} cannot be kept here ({error.strerror or error}); make room, "
        "or set MIA_PLUGINS_CACHE to a folder with room for them"
    )


class Writer:
    """Appends arrays to the file as float32, and tells what is wrong with them.

    Args:
        path: what is converted, for messages.
        out: the file; appended to.
        most: values that may be added: a few bytes of a pickle can refer to the same frames again and again.
        tick: is called now and then, for the progress bar.
    """

    def __init__(
        self, path: str | os.PathLike[str], out: BinaryIO, most: float, tick: Callable[[], object] = lambda: None
    ) -> None:
        self.path, self.out, self.tick = path, out, tick
        self.end = out.seek(0, os.SEEK_END) // 4
        self.next_tick, self.limit = self.end + _STEP, self.end + most

    def array(self, array: np.ndarray) -> tuple[int, int]:
        if array.size == 0 or not 1 <= array.ndim <= 3 or array.dtype.kind not in "fiu":
            return -1, -1
        bad = -1
        with np.errstate(over="ignore", invalid="ignore"):  # a float64 too large for float32 becomes infinite
            values = np.ascontiguousarray(array, "<f4")
            if not (values.min() >= -LARGEST and values.max() <= LARGEST):  # false for NaN, too
                rows = values.reshape(1 if array.ndim == 1 else len(array), -1)
                bad = int((np.abs(rows) <= LARGEST).all(axis=1).argmin())
        return self._append(values), bad

    def _append(self, values: np.ndarray) -> int:
        offset, self.end = self.end, self.end + values.size
        if self.end > self.limit:
            raise UserError(
                f"{self.path}: refers to the same frames again and again; save the frames of each clip once"
            )
        try:
            self.out.write(values.data)
        except OSError as error:
            raise unwritable(self.path, Path(self.out.name).parent, error) from error
        if self.end > self.next_tick:
            self.next_tick = self.end + _STEP
            self.tick()
        return offset

    def held(self, value: Any) -> Any:
        """A clip whose arrays are in memory, with handles in their place."""
        if isinstance(value, np.ndarray):
            return Handle().fill(value, *self.array(value))
        if isinstance(value, (list, tuple)):
            return [self.held(frame) if isinstance(frame, np.ndarray) else frame for frame in value]
        return value

    def clip(self, value: Any) -> Entry:
        if type(value) in (list, tuple):
            return self._stack(value)
        if type(value) is not Handle:
            return Entry(-1, 0, 0, -1, 0, f"is a {type(value).__name__}, not an array of frames")
        shape = value.shape
        if len(shape) == 3 and shape[1] == 1:
            shape = (shape[0], shape[2])
        if len(shape) != 2:
            return Entry(-1, 0, 0, -1, 0, f"has the shape {shape}, not (frames, width)")
        if 0 in shape:
            return Entry(-1, 0, 0, -1, 0, f"{EMPTY}, of shape {shape}")
        if value.dtype.kind not in "fiu":
            return Entry(-1, 0, 0, -1, 0, f"holds {value.dtype} values, not numbers")
        return Entry(value.offset, *shape, value.bad)

    def _stack(self, frames: Sequence[Any]) -> Entry:
        """The entry of frames saved one by one as (width,) or (1, width) arrays."""
        fault, width = ("", -1) if frames else (f"{EMPTY}, without a frame", -1)
        offsets: list[int] = []
        bad = -1
        for i, frame in enumerate(frames):
            if type(frame) is not Handle:
                fault = f"holds a {type(frame).__name__} as frame {i} (counted from 0), not an array"
                break
            shape = frame.shape[1:] if len(frame.shape) == 2 and frame.shape[0] == 1 else frame.shape
            if len(shape) != 1 or (i and shape[0] != width):
                fault = f"has the shape {shape} in frame {i} (counted from 0), unlike (width,)"
                break
            if frame.dtype.kind not in "fiu":
                fault = f"holds {frame.dtype} values, not numbers"
                break
            width = shape[0]
            offsets.append(frame.offset)
            bad = i if frame.bad >= 0 and bad < 0 else bad
        width = max(width, 0)
        offset = self._joined(offsets, width)
        return Entry(offset, len(offsets), width, bad, len(offsets) if fault else -1, fault)

    def _joined(self, offsets: Sequence[int], width: int) -> int:
        """Where the frames at these offsets are one after the other; frames that come twice are copied."""
        if not offsets or not width:
            return -1
        if all(after - before == width for before, after in zip(offsets, offsets[1:])):
            return offsets[0]
        start = self.end
        for offset in offsets:
            self.out.seek(4 * offset)
            frame = np.frombuffer(self.out.read(4 * width), "<f4")
            self.out.seek(0, os.SEEK_END)
            self._append(frame)
        return start
