"""Decoding in a process of its own: it decodes the next clip while the first process computes.

A file that makes the decoder crash or hang takes that process with it, and nothing else: the clip is reported, and
another process goes on with the next one.
"""

from __future__ import annotations

import multiprocessing
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..errors import UserError, one_line
from .media import SOUND_RATE, Size, frames, look, sound

STARTED, FRAMES, SOUND, END, FAILED = "started", "frames", "sound", "end", "failed"
CHUNK = 32  # frames of a message
AHEAD = 6  # messages decoded ahead
PATIENCE = 120.0  # seconds without a message after which a decoder hangs


class Wanted(NamedTuple):
    """What to decode of every file; None: not this.

    Args:
        size: of the frames.
        rate: frames a second at most; None: all.
        sound: whether to decode the sound.
    """

    size: Size | None
    rate: float | None
    sound: bool


@dataclass(frozen=True)
class Message:
    """A piece of a clip.

    Args:
        index: of the file.
        kind: ``frames``: uint8 ``(n, height, width, 3)``; ``sound``: float32 ``(samples,)``; ``end``: seconds, or None
            where the file does not say; ``failed``: why.
        value: of that kind.
    """

    index: int
    kind: str
    value: Any


def pieces(index: int, path: Path, wanted: Wanted) -> Iterator[Message]:
    """All of one file, and then ``end`` or ``failed``."""
    try:
        media = look(path)
        if not (media.has_video and wanted.size) and not (media.has_audio and wanted.sound):
            raise UserError(f"{path}: has neither pictures nor sound to extract")
        seen = heard = 0.0  # seconds
        if media.has_video and wanted.size is not None:
            for some in chunks(frames(path, wanted.rate, wanted.size), CHUNK):
                yield Message(index, FRAMES, np.stack([picture for _, picture in some]))
                seen = some[-1][0]
        if media.has_audio and wanted.sound:
            for samples in chunks(sound(path), SOUND_RATE // 800):
                yield Message(index, SOUND, np.concatenate(samples))
                heard += sum(map(len, samples)) / SOUND_RATE
        check_end(path, media.seconds, max(seen, heard), wanted.rate)
        yield Message(index, END, media.seconds)
    except UserError as error:
        yield Message(index, FAILED, one_line(error))
    except Exception as error:  # a decoder may raise anything for a file that somebody made
        yield Message(index, FAILED, f"{path}: cannot be decoded ({type(error).__name__}: {one_line(error)[:100]})")


def check_end(path: Path, seconds: float | None, end: float, rate: float | None) -> None:
    """Checks that a clip was decoded to its end: decoders pass over damage in silence.

    Args:
        path: of the file.
        seconds: that it says it lasts; None: it does not say.
        end: of what was decoded, in seconds.
        rate: frames a second; None: all.

    Raises:
        UserError: more than a second, and more than a tenth, is missing.
    """
    missing = (seconds or 0) - end - (1 / rate if rate else 0)
    if seconds and missing > max(1.0, seconds / 10):
        raise UserError(
            f"{path}: is cut off or damaged: what can be decoded ends at {end:.1f} of {seconds:.1f} s; copy it again"
        )


T = TypeVar("T")


def chunks(items: Iterator[T], most: int) -> Iterator[list[T]]:
    """Lists of at most ``most`` items."""
    some: list[T] = []
    for item in items:
        some.append(item)
        if len(some) == most:
            yield some
            some = []
    if some:
        yield some


def decode_all(out: Any, paths: Sequence[tuple[int, Path]], wanted: Wanted) -> None:
    """What the decoding process does. A pipe's ``send`` returns when the message is out, whatever happens next."""
    out.send((-1, STARTED, None))  # the imports before this are no file's fault
    for index, path in paths:
        for message in pieces(index, path, wanted):
            out.send((message.index, message.kind, message.value))
    out.close()


def decode(paths: Sequence[Path], wanted: Wanted, patience: float = PATIENCE) -> Iterator[Message]:
    """The pieces of every file, in order, decoded ahead in another process.

    Args:
        paths: the files.
        wanted: what of them.
        patience: seconds without a message after which the decoder is taken to hang.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads of torch in the middle of their work
    left = list(enumerate(paths))
    while left:
        inward, outward = context.Pipe(duplex=False)
        process = context.Process(target=decode_all, args=(outward, left, wanted), daemon=True)
        process.start()
        outward.close()  # the process' end is then the only one, and its death is the end of the pipe
        messages: queue.Queue[Message | None] = queue.Queue(AHEAD)
        threading.Thread(target=receive, args=(inward, messages), daemon=True).start()
        why, started = None, False
        try:
            while left:
                try:
                    message = messages.get(timeout=patience if started else max(patience, PATIENCE))
                except queue.Empty:
                    why = f"no frame for {patience:g} s"
                    break
                if message is None:
                    break
                started = True
                if message.kind in (END, FAILED):
                    left.pop(0)
                if message.kind != STARTED:
                    yield message
        finally:
            process.kill()
            process.join()
            inward.close()
        if left:
            index, path = left.pop(0)
            why = why or f"the decoder crashed (exit code {process.exitcode})"
            yield Message(index, FAILED, f"{path}: cannot be decoded ({why}); encode the clip again")


def receive(inward: Any, messages: queue.Queue[Message | None]) -> None:
    """Puts what comes through a pipe into a queue, and at its end None."""
    try:
        while True:
            messages.put(Message(*inward.recv()))
    except (EOFError, OSError):
        messages.put(None)
