"""Frames and sound of a media file, decoded piece by piece: the memory does not grow with the length of the clip.

Files are untrusted. A playlist inside a file that calls itself a video could name other files or addresses, so only the
formats below are opened, and no protocol but the plain file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

SOUND_RATE = 16_000  # samples a second; what speech backbones were trained on
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,wav,aiff,mp3,ogg,flac,aac,ac3,amr,mxf,nut,gif,rm,dv"
)
LARGEST = 1 << 27  # pixels of a frame: 11,585 squared
PACKAGES = 'reading videos needs PyAV and Pillow; pip install "mia-plugins[extract]"'


class Media(NamedTuple):
    """What a file says of itself. ``seconds`` is None where it does not say; rates are averages."""

    seconds: float | None
    has_video: bool
    has_audio: bool


class Size(NamedTuple):
    """How a frame is brought to the size that a backbone takes, as its image processor does.

    Args:
        height, width: of the resized frame; with ``shortest`` the shorter side gets ``height`` and the shape is kept.
        shortest: keep the shape.
        crop: side of the square cut from the middle afterwards; None: nothing is cut.
        resample: Pillow's number of the filter; 3 is bicubic.
    """

    height: int = 224
    width: int = 224
    shortest: bool = False
    crop: int | None = None
    resample: int = 3


def look(path: Path) -> Media:
    """What is in a file.

    Raises:
        UserError: it is none that can be decoded.
    """
    with opened(path) as container:
        video = any(is_picture(stream) for stream in container.streams.video)
        seconds = container.duration / 1e6 if container.duration else None
        return Media(seconds, video, bool(container.streams.audio))


def frames(path: Path, rate: float | None, size: Size) -> Iterator[tuple[float, np.ndarray]]:
    """The frames of the first video stream, turned upright.

    Args:
        path: of the file.
        rate: at most this many frames a second, by the time stamps, whether their spacing varies or not; None: all.
        size: of the frames.

    Yields:
        Seconds since the file's beginning, and uint8 ``(height, width, 3)``, RGB.

    Raises:
        UserError: the stream is damaged, or has frames beyond :data:`LARGEST` pixels.
    """
    with opened(path) as container:
        stream = next(stream for stream in container.streams.video if is_picture(stream))
        stream.thread_type = "AUTO"
        if stream.width * stream.height > LARGEST:
            raise UserError(f"{path}: frames of {stream.width} x {stream.height} pixels; {LARGEST:,} are the most")
        first = due = None
        for number, frame in enumerate(decoded(path, container, stream)):
            time = frame.time if frame.time is not None else number / float(stream.average_rate or 25)
            if due is not None and time < due:
                continue
            if rate is not None:
                first = time if first is None else first
                due = first + (math.floor((time - first) * rate + 1e-6) + 1) / rate - 1e-6
            image, turn = frame.to_image(), getattr(frame, "rotation", 0)  # a phone held upright films turned by 90
            yield time, np.asarray(resized(image.rotate(turn, expand=True) if turn else image, size))


def sound(path: Path, rate: int = SOUND_RATE) -> Iterator[np.ndarray]:
    """The samples of the first audio stream, mixed to one channel.

    Args:
        path: of the file.
        rate: samples a second, resampled.

    Yields:
        float32 ``(samples,)`` in -1 to 1, pieces of any length.

    Raises:
        UserError: the stream is damaged.
    """
    import av

    with opened(path) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        for frame in decoded(path, container, container.streams.audio[0]):
            frame.pts = None  # gaps and jumps of time stamps would be filled with silence, hours of it in a bad file
            for piece in resampler.resample(frame):
                yield piece.to_ndarray().reshape(-1)
        for piece in resampler.resample(None):
            yield piece.to_ndarray().reshape(-1)


def resized(image: Image, size: Size) -> Image:
    """A frame at the size that a backbone takes."""
    height, width = size.height, size.width
    if size.shortest:
        short = min(image.size)
        width, height = (int(side * size.height / short) for side in image.size)
    image = image.resize((width, height), size.resample)
    if size.crop is None:
        return image
    left, top = (width - size.crop) // 2, (height - size.crop) // 2
    return image.crop((left, top, left + size.crop, top + size.crop))


def is_picture(stream: Any) -> bool:
    """Whether a video stream is one: the cover of a song is not."""
    return "attached_pic" not in str(stream.disposition)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A container of PyAV.

    Raises:
        UserError: PyAV is not installed, or the file is none that can be decoded.
    """
    try:
        import av
    except ImportError:
        raise UserError(PACKAGES) from None
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if not path.stat().st_size:
        raise UserError(f"{path}: is empty; copy it again")
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(str(path), options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be decoded ({words(error)}); check that it plays") from error
    with container:
        yield container


def decoded(path: Path, container: Any, stream: Any) -> Iterator[Any]:
    """The frames of one stream.

    Raises:
        UserError: it breaks off.
    """
    import av

    count = 0
    try:
        for frame in container.decode(stream):
            count += 1
            yield frame
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UserError(
            f"{path}: is damaged after {count} {stream.type} frames ({words(error)}); copy it again"
        ) from error
    if not count:
        raise UserError(f"{path}: its {stream.type} stream has no frame that can be decoded; copy it again")


def words(error: BaseException) -> str:
    """FFmpeg's reason, without the path."""
    return str(getattr(error, "strerror", None) or error).splitlines()[0][:100]
