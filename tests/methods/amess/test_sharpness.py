"""How sharp the alignment is: against plain loops, and as a command on the folders of runs."""

import numpy as np
import pytest

from mia_plugins.methods.amess.sharpness import main, sharpness


def slow(reading, anchors):
    """Peak and spread, one anchor of one clip after the other."""
    peaks, distances, clips = [], [], 0
    for shares, positions in zip(reading, anchors):
        chosen = [[float(x) / sum(map(float, row)) for x in row] for row, at in zip(shares, positions) if at != -1]
        clips += bool(chosen)
        mean = [sum(column) / len(chosen) for column in zip(*chosen)]
        for row in chosen:
            peaks.append(max(row) / (1 / len(row)))
            distances.append(sum(max(x - m, 0) for x, m in zip(row, mean)))
    return sum(peaks) / len(peaks), sum(distances) / len(distances), clips


def made(clips, k=6, parts=20, sharp=1.0):
    """Readings as ``inspect`` keeps them, in float16 with -1 behind a clip's last anchor."""
    draws = np.random.default_rng(clips)
    weights = np.exp(sharp * draws.normal(size=(clips, k, parts)))
    reading = (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float16)
    anchors = draws.integers(0, 30, size=(clips, k)).astype(np.int16)
    for clip, count in enumerate(draws.integers(0, k + 1, size=clips)):
        anchors[clip, count:], reading[clip, count:] = -1, -1
    return reading, anchors


@pytest.mark.parametrize("sharp", [0.01, 1.0, 30.0])
def test_against_loops(sharp):
    reading, anchors = made(40, sharp=sharp)
    np.testing.assert_allclose(sharpness(reading, anchors), slow(reading, anchors), rtol=1e-6)


def test_between_even_and_one_part():
    peaks = [sharpness(*made(200, sharp=sharp)).peak for sharp in (0.0, 0.1, 1.0, 100.0)]
    assert peaks[0] == pytest.approx(1)
    assert peaks[-1] == pytest.approx(20, rel=0.02)
    assert sorted(peaks) == peaks


def test_command(tmp_path, capsys):
    for name, sharp in (("a", 1.0), ("b", 0.0)):
        reading, anchors = made(9, sharp=sharp)
        (tmp_path / "runs" / name).mkdir(parents=True)
        np.savez(tmp_path / "runs" / name / "inspection.npz", video_reading=reading, video_anchors=anchors)
    peak, spread, clips = slow(*made(9))
    assert main([str(tmp_path / "runs"), str(tmp_path / "runs" / "a")]) == 0  # each run once
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/runs/a: video peak {peak:.3f}, spread {spread:.3f}, {clips} clips",
        f"{tmp_path}/runs/b: video peak 1.000, spread 0.000, {clips} clips",
    ]
    np.savez(tmp_path / "inspection.npz", sentence=np.zeros(3))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{tmp_path}: no anchors"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no inspection.npz in or below this folder"), (b"PK\x03\x04 broken", "cannot be read")],
)
def test_errors(tmp_path, capsys, content, words):
    if content:
        (tmp_path / "inspection.npz").write_bytes(content)
    assert main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path}")
    assert words in error
    assert len(error.splitlines()) == 1
