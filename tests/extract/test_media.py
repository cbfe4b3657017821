"""Decoding, against what was drawn and said."""

import re

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.extract.decoding import END, FAILED, Wanted, pieces
from mia_plugins.extract.media import SOUND_RATE, Size, frames, look, sound
from mia_plugins.simulate import talking


def test_every_frame_in_order_at_its_size(clips):
    got = [picture for _, picture in frames(clips / "help.mp4", None, Size(64, 48))]
    samples, rate = talking.speech("could you help me, please?")
    assert len(got) == round(len(samples) / rate * talking.RATE)
    assert {each.shape for each in got} == {(64, 48, 3)}
    assert got[0].dtype == np.uint8
    # the mouth opens with the voice: the red in the lower half follows the loudness of the frame's 40 ms
    step = rate // talking.RATE
    loud = [np.abs(samples[i * step : (i + 1) * step].astype(float)).mean() for i in range(len(got) - 1)]
    red = [float((each[32:, :, 0].astype(int) - each[32:, :, 1] > 40).sum()) for each in got[:-1]]
    assert np.corrcoef(loud, red)[0, 1] > 0.8


def test_a_clip_that_was_filmed_turned_stands_upright(clips):
    ((_, first), *_) = frames(clips / "turned.mp4", None, Size(96, 128))
    blue = (first[:, :, 2].astype(int) - first[:, :, 0]) > 100  # the bar at the top of the picture as it was filmed
    assert blue[:, -6:].mean() > 0.9
    assert blue[:, :-20].mean() < 0.02


@pytest.mark.parametrize("rate", [1, 3, 10, 100])
def test_rate_by_time_stamps_whatever_their_spacing(clips, rate):
    times = [0, 10, 20, 30, 40, 500, 510, 520, 900, 1000]
    kept, tick = 0, None
    for time in times:  # the first frame of every tick's span
        if tick is None or time * rate // 1000 > tick:
            kept, tick = kept + 1, time * rate // 1000
    assert len(list(frames(clips / "uneven.mkv", rate, Size()))) == kept


def test_sound_is_what_was_said_resampled_to_one_channel(clips):
    got = np.concatenate(list(sound(clips / "sound.wav")))
    said, rate = talking.speech("no, thank you.")
    assert abs(len(got) / SOUND_RATE - len(said) / rate) < 0.01
    assert got.dtype == np.float32
    places = np.arange(len(got)) / SOUND_RATE * rate
    want = np.interp(places, np.arange(len(said)), said / 32768)
    assert np.corrcoef(got, want)[0, 1] > 0.95
    assert np.abs(got).max() <= 1.1


def test_what_a_file_holds(clips):
    assert look(clips / "help.mp4")[1:] == (True, True)
    assert look(clips / "sound.wav")[1:] == (False, True)
    assert look(clips / "turned.mp4")[1:] == (True, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhelp.mp4\n#EXT-X-ENDLIST\n"),
        ("script.mp4", "ffconcat version 1.0\nfile help.mp4\n"),
    ],
)
def test_no_file_names_another(clips, tmp_path, name, content):
    (tmp_path / "help.mp4").write_bytes((clips / "help.mp4").read_bytes())
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match="cannot be decoded"):
        look(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "words"),
    [("broken.mp4", "cannot be decoded"), ("empty.mov", "is empty"), ("list.mp4", "cannot be decoded")],
)
def test_bad_files_say_why(clips, name, words):
    with pytest.raises(UserError, match=f"{name}: {words}"):
        look(clips / name)


def test_a_file_that_ends_too_early_is_an_error_not_a_shorter_clip(clips, tmp_path):
    long = talking.talk(tmp_path / "long.mkv", pictures=100)
    wanted = Wanted(Size(32, 32), None, True)
    (*_, whole) = pieces(0, long, wanted)
    assert (whole.kind, whole.value) == (END, pytest.approx(4, abs=0.1))
    content = long.read_bytes()
    long.write_bytes(content[: len(content) // 4])
    (*_, cut) = pieces(0, long, wanted)
    assert cut.kind == FAILED
    assert re.search(r"long.mkv: is cut off or damaged: what can be decoded ends at [0-2]\.\d of 4.0 s", cut.value)
