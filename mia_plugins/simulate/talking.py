"""Talking clips: speech by espeak-ng, whose library comes in espeakng-loader, and a drawn mouth that moves with it."""

from __future__ import annotations

import ctypes
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError

RATE = 25  # frames a second
SPEECH: dict[str, tuple[np.ndarray, int]] = {}


def speech(text: str) -> tuple[np.ndarray, int]:
    """Samples of a sentence, int16, and their rate.

    Raises:
        UserError: espeak-ng is not installed.
    """
    try:
        import espeakng_loader
    except ImportError:
        raise UserError('talking clips need espeak-ng; pip install "mia-plugins[extract-small]"') from None

    if text not in SPEECH:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        rate = library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)  # 2: synchronous
        assert rate > 0
        samples = []

        def heard(data: Any, count: int, _events: Any) -> int:
            if data and count > 0:
                samples.append(np.ctypeslib.as_array(data, (count,)).copy())
            return 0

        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)(heard)
        library.espeak_SetSynthCallback(callback)
        words = text.encode()
        assert library.espeak_Synth(words, len(words) + 1, 0, 1, 0, 1, None, None) == 0
        library.espeak_Synchronize()
        SPEECH[text] = np.concatenate(samples), rate
    return SPEECH[text]


def face(opening: float, width: int = 96, height: int = 128) -> Any:
    """A picture whose mouth is open by 0 to 1."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, height), (200, 170, 150))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 30, 34, 40), fill="black")
    draw.ellipse((62, 30, 76, 40), fill="black")
    draw.ellipse((30, 80 - 15 * opening, 66, 82 + 15 * opening), fill=(120, 20, 30))
    draw.rectangle((0, 0, width, 8), fill=(20, 20, 220))  # which way is up
    return image


def talk(
    path, text="could you help me, please?", *, pictures=None, sound=True, times=None, silent=False, size=(96, 128)
):
    """Writes a clip.

    Args:
        path: its suffix says the format.
        text: what is said.
        pictures: how many; None: as long as the speech; 0: none.
        sound: whether there is a sound track.
        times: of the pictures in milliseconds, for a variable rate.
        silent: the sound track is digital silence.
        size: of the pictures, width and height.

    Returns:
        The path.
    """
    import av

    samples, rate = speech(text)
    samples = np.zeros_like(samples) if silent else samples
    count = round(len(samples) / rate * RATE) if pictures is None else pictures
    loud = np.abs(samples.astype(float))
    with av.open(str(path), "w") as container:
        if count:
            video = container.add_stream("mpeg4", rate=RATE)
            (video.width, video.height), video.pix_fmt = size, "yuv420p"
            if times is not None:
                video.codec_context.time_base = Fraction(1, 1000)
        if sound:
            audio = container.add_stream(
                "aac" if path.suffix in (".mp4", ".mov") else "pcm_s16le", rate=rate, layout="mono"
            )
        for number in range(count):
            start = int(number / RATE * rate)
            opening = min(1.0, loud[start : start + rate // RATE].mean() / 4000) if start < len(loud) else 0.0
            frame = av.VideoFrame.from_image(face(opening, *size))
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, RATE) if times is None else Fraction(1, 1000)
            container.mux(video.encode(frame))
        if count:
            container.mux(video.encode(None))
        if sound:
            for start in range(0, len(samples), 1024):
                frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="s16", layout="mono")
                frame.sample_rate, frame.pts = rate, start
                container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


def turned(path: Path, degrees: int) -> Path:
    """Marks an .mp4's pictures as filmed turned by so many degrees, in the matrix of its video track's header."""
    content = bytearray(path.read_bytes())
    one, none, minus = (value.to_bytes(4, "big", signed=True) for value in (1 << 16, 0, -(1 << 16)))
    matrix = {90: (none, one, minus, none), 180: (minus, none, none, minus)}[degrees]
    start = content.index(b"tkhd") + 4 + 4 + 36  # version and flags, then what stands before the matrix
    a, b, c, d = matrix
    content[start : start + 20] = a + b + none + c + d
    path.write_bytes(content)
    return path
