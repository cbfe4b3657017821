"""Frames that stay on disk: a sequence of clips, each of which is read when it is asked for.

Clips are read instead of mapped. The pages of a mapped file count as the process's memory once they were touched, so
an epoch would take as much memory as all clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np

from ...errors import UserError


def read_frames(path: Path, offset: int, count: int, width: int) -> np.ndarray:
    """Read some frames from a file of raw little-endian float32.

    Args:
        path: the file.
        offset: of the first frame, counted in values.
        count: frames to read.
        width: features of a frame.

    Returns:
        float32 (count, width).

    Raises:
        UserError: the file was removed or cut off since it was opened.
    """
    values = np.empty((count, width), "<f4")
    rest = values.reshape(-1).view(np.uint8).data
    try:
        # np.fromfile would do the same and took a loader 15 % longer
        with open(path, "rb", buffering=0) as file:
            file.seek(4 * offset)
            while rest and (got := file.readinto(rest)):  # may give less than it was asked for
                rest = rest[got:]
    except OSError as error:
        raise _lost(path, error.strerror or str(error)) from None
    if rest:
        raise _lost(path, "it was cut off")
    return values.astype(np.float32, copy=False)


def _lost(path: Path, reason: str) -> UserError:
    return UserError(f"{path}: cannot be read ({reason}); start again, and the features are converted again")


class StoredFrames(Sequence[np.ndarray]):
    """The first frames of each clip: C-contiguous float32 (frames, width), read anew each time.

    A clip's file is opened for its read and closed again: a process only ever opens the files of the clips that it
    reads, and one at a time.

    Args:
        paths: the files of frames.
        places: int32 (clips,), the index of each clip's file in ``paths``.
        offsets: int64 (clips,), where each clip's first frame is in its file, counted in values.
        lengths: int64 (clips,), frames of each clip; one without frames needs no file.
        width: features of a frame.
    """

    def __init__(
        self, paths: Sequence[Path], places: np.ndarray, offsets: np.ndarray, lengths: np.ndarray, width: int
    ) -> None:
        self.paths, self._places, self._offsets = paths, places, offsets
        self.lengths, self.width = lengths, width

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, index: slice) -> StoredFrames: ...

    def __getitem__(self, index: int | slice) -> np.ndarray | StoredFrames:
        """One clip, or for a slice the clips in it, still on disk."""
        places, offsets, lengths = self._places[index], self._offsets[index], self.lengths[index]
        if isinstance(index, slice):
            return StoredFrames(self.paths, places, offsets, lengths, self.width)
        if not lengths:
            return np.empty((0, self.width), np.float32)
        return read_frames(self.paths[int(places)], int(offsets), int(lengths), self.width)
