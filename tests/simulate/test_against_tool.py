"""The same arrays as the script gave that made the data of ``docs/results.md``, where ``MIA_SHARED`` has it."""

import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from simulate.tables import features, read

SHARED = Path(os.environ.get("MIA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
TOOLS = SHARED / "tools"
pytestmark = pytest.mark.skipif(not TOOLS.is_dir(), reason="MIA_SHARED names no folder with the older scripts")


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """``tool(script, *options)``: the folder that an older script writes."""

    def run(script, *options):
        out = tmp_path / "tool"
        monkeypatch.setattr(sys, "argv", [script, "--out", str(out), *map(str, options)])
        runpy.run_path(str(TOOLS / script), run_name="__main__")
        return out

    return run


def same(ours, theirs):
    """Every file of theirs is in ours and holds the same; returns how many clips there are."""
    clips = 0
    for path in (path for path in theirs.rglob("*") if path.is_file()):
        mirror = ours / path.relative_to(theirs)
        if path.suffix == ".tsv":
            assert read(mirror) == read(path)
            continue
        found, wanted = features(mirror), features(path)
        assert set(found) == set(wanted)
        for key, value in wanted.items():
            assert type(found[key]) is type(value)
            assert len(found[key]) == len(value)
            for one, other in zip(found[key], value):
                assert (one.shape, one.dtype) == (other.shape, other.dtype)
                np.testing.assert_array_equal(one, other)
        clips += len(wanted)
    return clips


@pytest.mark.parametrize(("dataset", "layout"), [("MIntRec", "mintrec"), ("MELD-DA", "meld")])
@pytest.mark.parametrize("signal", [[], ["--signal", "0", "--seed", "3", "--reach", "0.5"]])
def test_planted(annotate, simulate, tool, dataset, layout, signal):
    folder = annotate(dataset, train=2, ood=2 * (dataset == "MELD-DA"))
    ours = simulate("planted", folder, dataset, *signal)
    theirs = tool("make_planted.py", "--text", folder, "--layout", layout, *signal)
    assert same(ours, theirs) > 60


@pytest.mark.parametrize("layout", ["mmoir", "mintrec2"])
def test_described(annotate, simulate, tool, backbone, layout):
    folder = annotate("MIntRec2.0", train=3)
    common = ["--layout", layout, "--encoder", backbone]
    ours = simulate("described", folder, "MIntRec2.0", *common, "--train_rows", 70, "--out_of_scope", "Joke", "Advise")
    theirs = tool("make_described.py", "--source", folder, *common, "--rows", 70, "--unknown", "Joke,Advise")
    assert same(ours, theirs) > 250


def test_described_dialogue_acts(annotate, simulate, tool, backbone):
    folder = annotate("IEMOCAP-DA", train=6, ood=3)
    ours = simulate("described", folder, "IEMOCAP-DA", "--encoder", backbone)
    theirs = tool("make_described.py", "--dataset", "IEMOCAP-DA", "--source", folder, "--encoder", backbone)
    assert same(ours, theirs) > 150
