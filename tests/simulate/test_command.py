"""The command: what it refuses, and that a folder is complete or not there."""

import subprocess
import sys

import pytest

from mia_plugins import cli
from mia_plugins.simulate import write
from mia_plugins.simulate.pickles import FeatureFile

SMALL = ["--video_width", "2", "--audio_width", "2"]


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("train.tsv", "\tApologise\n", "\tApologize\n", ["train.tsv, row 4", "did you mean 'Apologise'?"]),
        ("dev.tsv", "\tComplain\n", "\tanything\n", ["dev.tsv, row 2", "known: Complain, Praise"]),
        ("dev.tsv", "S04\tE11\t20\t", "S04\tE11\t", ["dev.tsv, row 2", "4 columns where the header has 5"]),
        ("train.tsv", "season\tepisode\tclip\t", "clip\t", ["train.tsv, row 1", "the header has 3 columns"]),
        ("dev.tsv", "\tlabel\n", "\tlabel\tmore\n", ["dev.tsv, row 2", "5 columns where the header has 6"]),
        ("dev.tsv", "E11\t20\t", "E11\t3\t", ["dev.tsv, row 2", "clip S04_E11_3 is also in", "train.tsv, row 5"]),
    ],
)
def test_wrong_tables(annotate, refused, file, old, new, words):
    folder = annotate("MIntRec")
    edit(folder / file, old, new)
    error = refused("planted", folder, "MIntRec", *SMALL)
    for word in words:
        assert word in error


def test_wrong_options(annotate, refused):
    folder = annotate("MIntRec")
    for options, words in [
        (["--signal", "-1"], "--signal: '-1' is no number from 0.0 on"),
        (["--signal", "nan"], "'nan' is no number"),
        (["--reach", "1.5"], "'1.5' is no number from 0.0 to 1.0"),
        (["--train_rows", "0"], "'0' is no whole number from 1 on"),
        (["--video_frames", "2"], "'2' is no number from 6.0 on"),
        (["--seed", "x"], "'x' is no whole number from 0 on"),
        (
            ["--layout", "mintrec2"],
            "--layout mintrec2: that benchmark cannot read MIntRec; use mintrec, mmoir, mintood",
        ),
        (["--layout", "other"], "invalid choice: 'other'"),
        (["--out_of_scope", "Jok"], "--out_of_scope: unknown label 'Jok'; did you mean 'Joke'?"),
        (["--out_of_scope", "Joke", "--train_rows", "1", "--carriers", "text"], "invalid choice: 'text'"),
    ]:
        assert words in refused("planted", folder, "MIntRec", *options)
    error = refused("planted", folder, "MIntRec", "--out_of_scope", "Complain", "--train_rows", "1")
    assert "no in-scope row is left for train" in error
    assert "train.tsv, row 2: unknown label" in refused("planted", folder, "MELD-DA")
    assert "no such folder" in refused("planted", folder / "none", "MIntRec")
    (folder / "dev.tsv").unlink()
    assert "dev.tsv: cannot be read" in refused("planted", folder, "MIntRec")
    from mia_plugins.simulate.layouts import DATA_SETS

    acts = annotate("MELD-DA")
    everything = DATA_SETS["MELD-DA"].labels
    assert "no label of MELD-DA is left" in refused("planted", acts, "MELD-DA", "--out_of_scope", *everything)


def test_a_folder_that_is_there(annotate, simulate, tmp_path, capsys):
    folder, out = annotate("MIntRec"), tmp_path / "data"

    def command(*options):
        code = cli.main(["data", "simulate", "planted", str(folder), "-o", str(out), "--dataset", "MIntRec", *options])
        return code, capsys.readouterr().err

    out.mkdir()  # an empty one is as good as none
    assert command(*SMALL)[0] == 0
    first = (out / "simulated.json").read_text()
    assert command(*SMALL, "--seed", "1") == (
        2,
        f"error: {out}: exists already; choose another folder, or replace it with --force\n",
    )
    assert (out / "simulated.json").read_text() == first
    (out / "stale").write_text("")
    assert command(*SMALL, "--seed", "1", "--force")[0] == 0
    assert (out / "simulated.json").read_text() != first
    assert not (out / "stale").exists()
    (out / "simulated.json").unlink()  # now it could be anyone's
    code, error = command(*SMALL, "--force")
    assert (code, "is not a simulated data set" in error) == (2, True)
    assert (out / "MIntRec" / "train.tsv").exists()
    out = folder / "train.tsv"
    assert command("--force")[0] == 2
    assert out.is_file()


@pytest.mark.parametrize("broken", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("replace", [False, True])
def test_nothing_half_written(annotate, simulate, tmp_path, monkeypatch, capsys, broken, replace):
    folder, out = annotate("MIntRec"), tmp_path / "data"
    if replace:
        simulate("planted", folder, "MIntRec", *SMALL, name="data")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    added = []

    def add(self, *arguments, **options):
        added.append(arguments)
        if len(added) > 30:
            raise broken

    monkeypatch.setattr(FeatureFile, "add", add)
    arguments = ["data", "simulate", "planted", folder, "-o", out, "--dataset", "MIntRec", "--seed", "3", "--force"]
    assert cli.main([str(part) for part in arguments]) == (2 if isinstance(broken, OSError) else 130)
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert isinstance(broken, KeyboardInterrupt) or "No space left on device" in error
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_failed_exchange_keeps_the_old_folder(annotate, simulate, tmp_path, monkeypatch, capsys):
    folder = annotate("MIntRec")
    out = simulate("planted", folder, "MIntRec", *SMALL, name="data")
    first = (out / "simulated.json").read_text()
    rename = write.os.rename

    def fail(source, target):
        if source.name == "new":
            raise PermissionError(13, "Permission denied")
        rename(source, target)

    monkeypatch.setattr(write.os, "rename", fail)
    arguments = ["data", "simulate", "planted", folder, "-o", out, "--dataset", "MIntRec", "--seed", "3", "--force"]
    assert cli.main([str(part) for part in arguments]) == 2
    assert "Permission denied" in capsys.readouterr().err
    assert (out / "simulated.json").read_text() == first
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_needs_no_torch(annotate, tmp_path):
    code = (
        "import sys; from mia_plugins.runs.options import Parser; from mia_plugins.data import command\n"
        "parser = Parser(); command.add_parser(parser.add_subparsers())\n"
        "options = parser.parse_args(sys.argv[1:]); options.action(options)\n"
        "assert 'torch' not in sys.modules"
    )
    arguments = [
        "data",
        "simulate",
        "planted",
        annotate("MIntRec"),
        "-o",
        tmp_path / "x",
        "--dataset",
        "MIntRec",
        *SMALL,
    ]
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True)
