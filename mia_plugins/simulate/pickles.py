"""Feature pickles written clip by clip, the same bytes under every numpy."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from types import TracebackType

import numpy as np

PROTOCOL = 3  # the last without frames, whose lengths would have to be known before
START = bytes([pickle.PROTO[0], PROTOCOL]) + pickle.EMPTY_DICT
NEW_MODULE, OLD_MODULE = b"numpy._core.multiarray\n", b"numpy.core.multiarray\n"  # numpy 2 reads both, 1.23 the old


class FeatureFile:
    """A pickled dict of clip key -> features; only the clip in hand is in memory."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(path, "wb")  # noqa: SIM115 - closed by __exit__
        self.file.write(START)

    def add(self, key: str, features: np.ndarray, *, split_frames: bool = False) -> None:
        """Writes a clip's ``(frames, width)``; with ``split_frames`` as a list of ``(1, width)`` arrays."""
        self.file.write(_opcodes(key))
        if split_frames:
            frames = b"".join(_opcodes(frame[None]) for frame in features)
            self.file.write(pickle.EMPTY_LIST + pickle.MARK + frames + pickle.APPENDS)
        else:
            self.file.write(_opcodes(features))
        self.file.write(pickle.SETITEM)

    def __enter__(self) -> FeatureFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        with self.file:
            if kind is None:
                self.file.write(pickle.STOP)


def _opcodes(value: str | np.ndarray) -> bytes:
    """What pickles a value inside another: without the protocol, the stop, and references to earlier values."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, PROTOCOL)
    pickler.fast = True
    pickler.dump(value)
    content = buffer.getvalue()[2:-1]
    if isinstance(value, str):
        return content
    head = 1 + len(NEW_MODULE)  # an array starts with the module that builds it
    return content[:head].replace(NEW_MODULE, OLD_MODULE) + content[head:]
