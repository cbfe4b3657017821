"""Whole extractions, by the command."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mia_plugins.cli import main
from mia_plugins.data.features import read_features
from mia_plugins.extract import decoding
from mia_plugins.extract.decoding import FAILED, Wanted, decode
from mia_plugins.extract.media import Size
from mia_plugins.simulate import talking

pytest.importorskip("efficientnet_lite_pytorch")
pytest.importorskip("pyopen_wakeword")
SMALL = ["--video_backbone", "efficientnet-lite0", "--audio_backbone", "speech-embedding"]
GOOD = {"help", "turned", "silent", "uneven", "sound"}


@pytest.fixture(scope="module")
def extracted(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    assert main(["extract", str(clips), "-o", str(folder), *SMALL, "--pickles"]) == 1  # three cannot be decoded
    return folder


def lines(folder):
    return {line["key"]: line for line in map(json.loads, (folder / "extracted.log").read_text().splitlines())}


def test_good_clips_have_features_and_bad_ones_a_reason(extracted, clips):
    found = lines(extracted)
    assert {key for key, line in found.items() if "failed" not in line} == GOOD
    assert {key for key, line in found.items() if "failed" in line} == {"broken", "empty", "list"}
    for key in GOOD:
        for name, width in (("video", 1280), ("audio", 96)):
            path = extracted / name / f"{key}.npy"
            assert path.is_file() == (f"{name}_frames" in found[key])
            if path.is_file():
                array = np.load(path)
                assert array.shape == (found[key][f"{name}_frames"], width)
                assert np.isfinite(array).all()
    assert not (extracted / "audio" / "turned.npy").exists()
    assert not (extracted / "video" / "sound.npy").exists()
    record = json.loads((extracted / "extraction.json").read_text())
    assert record["settings"]["video"]["backbone"] == "efficientnet-lite0"
    assert record["versions"]["av"]


def test_a_clip_has_the_same_features_alone(extracted, clips, tmp_path):
    assert main(["extract", str(clips / "uneven.mkv"), "-o", str(tmp_path), *SMALL, "--batch_size", "3"]) == 0
    for name in ("video", "audio"):
        want = np.load(extracted / name / "uneven.npy")
        np.testing.assert_allclose(np.load(tmp_path / name / "uneven.npy"), want, atol=1e-4)


def test_frames_of_several_clips_share_a_batch(extracted, clips, tmp_path):
    names = ("uneven.mkv", "turned.mp4", "help.mp4", "silent.mp4")
    words = [str(clips / name) for name in names]
    assert main(["extract", *words, "-o", str(tmp_path), *SMALL, "--batch_size", "100"]) == 0
    for name in names:
        path = f"{name.partition('.')[0]}.npy"
        np.testing.assert_allclose(np.load(tmp_path / "video" / path), np.load(extracted / "video" / path), atol=1e-4)


def test_the_benchmarks_files_hold_the_same(extracted):
    got = read_features(extracted / "video_data" / "efficientnet-lite0_feats.pkl", ["help"], max_length=10_000)[0]
    np.testing.assert_array_equal(got, np.load(extracted / "video" / "help.npy"))


def test_a_second_start_does_only_what_is_left(extracted, clips, capsys):
    before = {path: path.stat().st_mtime_ns for path in extracted.rglob("*.npy")}
    assert main(["extract", str(clips), "-o", str(extracted), *SMALL]) == 1
    out = capsys.readouterr()
    assert "5 of 8 clips" in out.out
    assert "5 of them before; 3 failed" in out.out
    assert "broken.mp4" in out.err
    assert {path: path.stat().st_mtime_ns for path in extracted.rglob("*.npy")} == before
    other = ["--video_backbone", "none", "--audio_backbone", "speech-embedding"]
    assert main(["extract", str(clips), "-o", str(extracted), *other]) == 2
    assert "with video" in capsys.readouterr().err


def test_an_interrupted_extraction_goes_on(clips, tmp_path):
    for number in range(6):
        (tmp_path / "clips").mkdir(exist_ok=True)
        (tmp_path / "clips" / f"c{number:02}.mp4").write_bytes((clips / "turned.mp4").read_bytes())
    words = [
        sys.executable,
        "-m",
        "mia_plugins.cli",
        "extract",
        str(tmp_path / "clips"),
        "-o",
        str(tmp_path / "out"),
        *SMALL,
    ]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    made = tmp_path / "out" / "extracted.log"
    while not (made.exists() and made.read_bytes().count(b"\n") >= 2):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with open(made, "ab") as file:
        file.write(b'{"key": "c05", "fi')  # as if killed while writing
    done = {key: (tmp_path / "out" / "video" / f"{key}.npy").stat().st_mtime_ns for key in list(lines_of(made))}
    assert main(words[3:]) == 0
    assert set(lines(tmp_path / "out")) == {f"c{number:02}" for number in range(6)}
    for key, time_before in done.items():
        assert (tmp_path / "out" / "video" / f"{key}.npy").stat().st_mtime_ns == time_before
    first = np.load(tmp_path / "out" / "video" / "c00.npy")
    for number in range(6):
        np.testing.assert_allclose(np.load(tmp_path / "out" / "video" / f"c{number:02}.npy"), first, atol=1e-4)


def lines_of(path):
    return [json.loads(text)["key"] for text in path.read_bytes().splitlines() if text.endswith(b"}")]


def crash(out, paths, wanted):
    """A decoding process that dies at one file and hangs at another."""
    out.send((-1, decoding.STARTED, None))
    for index, path in paths:
        if path.name == "crash.mp4":
            os.kill(os.getpid(), signal.SIGSEGV)
        if path.name == "hang.mp4":
            time.sleep(600)
        for message in decoding.pieces(index, path, wanted):
            out.send((message.index, message.kind, message.value))


def test_a_file_that_kills_or_holds_the_decoder_costs_that_file_alone(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "decode_all", crash)
    paths = [tmp_path / name for name in ("a.mp4", "crash.mp4", "b.mp4", "hang.mp4", "c.mp4")]
    for path in paths:
        path.write_bytes((clips / "turned.mp4").read_bytes())
    got = {}
    for message in decode(paths, Wanted(Size(32, 32), None, True), patience=6):
        got.setdefault(paths[message.index].name, []).append((message.kind, message.value))
    ends = {name: messages[-1] for name, messages in got.items()}
    assert {name for name, (kind, _) in ends.items() if kind == FAILED} == {"crash.mp4", "hang.mp4"}
    assert "crashed (exit code -11)" in ends["crash.mp4"][1]
    assert "no frame for 6 s" in ends["hang.mp4"][1]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["extract", "/no/such", "-o", "x"], "/no/such: no such file or folder"),
        (["extract", "{clips}", "-o", "x", "--rate", "0"], "--rate 0.0: should be above 0"),
        (["extract", "{clips}", "-o", "x", "--batch_size", "0"], "--batch_size 0"),
        (["extract", "{clips}", "-o", "x", "--video_backbone", "none", "--audio_backbone", "none"], "nothing is left"),
        (["extract", "{clips}/notes.txt", "{clips}", "{clips}/notes.txt", "-o", "x"], "both would be clip notes"),
    ],
)
def test_wrong_options(words, error, clips, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main([word.format(clips=clips) for word in words]) == 2
    err = capsys.readouterr().err
    assert error in err
    assert err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_clips_of_several_folders(tmp_path):
    (tmp_path / "a").mkdir()
    talking.talk(tmp_path / "a" / "one.mp4", pictures=1, sound=False)
    talking.talk(tmp_path / "one.mkv", pictures=1, sound=False)
    assert main(["extract", str(tmp_path), "-o", str(tmp_path / "x"), *SMALL]) == 2
