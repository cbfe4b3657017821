"""Frames that stay on disk: a sequence of clips that reads a clip when it is asked for.

Clips are read by position into an array of their own instead of mapped: pages of a mapped file count as the process's
memory once they were touched, so that an epoch would take as much memory as all clips.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from ...errors import UserError


class FrameFile:
    """A file of raw little-endian float32, opened at the first read of each process that gets it pickled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "_handle": None}

    def __del__(self) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def read(self, offset: int, count: int, width: int) -> np.ndarray:
        """``count`` frames from ``offset`` on, which is counted in values: float32 (count, width).

        Raises:
            UserError: the file is gone or was cut off since it was opened.
        """
        values = np.empty((count, width), "<f4")
        try:
            complete = self._fill(values.reshape(-1).view(np.uint8).data, 4 * offset)
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None
        if not complete:
            raise self._error("it was cut off")
        return values.astype(np.float32, copy=False)

    def _error(self, reason: str) -> UserError:
        return UserError(f"{self.path}: cannot be read ({reason}); start again, and the features are converted anew")

    def _fill(self, buffer: memoryview, position: int) -> bool:
        if not hasattr(os, "preadv"):  # Windows: a position of its own for every read
            with open(self.path, "rb", buffering=0) as file:
                file.seek(position)
                while buffer and (got := file.readinto(buffer)):
                    buffer = buffer[got:]
            return not buffer
        if self._handle is None:
            self._handle = os.open(self.path, os.O_RDONLY)
        while buffer and (got := os.preadv(self._handle, [buffer], position)):  # no shared position: safe after a fork
            buffer, position = buffer[got:], position + got
        return not buffer


class StoredFrames(Sequence[np.ndarray]):
    """For each clip its first frames: C-contiguous float32 (frames, width), read anew each time.

    Args:
        file: where they are.
        offsets: int64 (clips,), of each clip's first frame, counted in values.
        lengths: int64 (clips,), frames of each clip.
        width: features a frame.
    """

    def __init__(self, file: FrameFile, offsets: np.ndarray, lengths: np.ndarray, width: int) -> None:
        self._file, self._offsets, self.lengths, self.width = file, offsets, lengths, width

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, index: slice) -> StoredFrames: ...

    def __getitem__(self, index: int | slice) -> np.ndarray | StoredFrames:
        """One clip; of a slice the clips, still on disk."""
        if isinstance(index, slice):
            return StoredFrames(self._file, self._offsets[index], self.lengths[index], self.width)
        return self._file.read(int(self._offsets[index]), int(self.lengths[index]), self.width)
