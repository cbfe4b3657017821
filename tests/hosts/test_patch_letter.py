"""The letter, its figures, and what a host's requirements become."""

import csv
import re
import statistics

import pytest
from hosts.helpers import ABOUT, command, patch
from hosts.standin_trees import git, make_tree

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.table import MMOIR
from mia_plugins.hosts.install.edits import Text
from mia_plugins.hosts.upstream.figures import figures
from mia_plugins.hosts.upstream.requirements import add_requirements


@pytest.fixture(scope="module")
def tree(tmp_path_factory, backbone):
    return make_tree(tmp_path_factory.mktemp("letter") / "host", "mmoir", backbone)


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list({key: None for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)


def row(seed, acc, **more):
    return {"dataset": "MIntRec2.0", "method": "amess", "seed": seed, "acc": acc, "f1": acc - 1, **more}


def test_letter_says_where_it_comes_from_and_what_is_in_it(tree, tmp_path):
    patch("mmoir", tmp_path / "a.patch", tree)
    text = (tmp_path / "a.md").read_text()
    for part in (git(tree, "rev-parse", "HEAD").strip(), "https://example.org/here", "git am a.patch"):
        assert part in text
    assert re.search(r"\| num_anchors \| \d+ \|", text)
    assert "`methods/single_turn/AMESS/manager.py`" in text
    assert "sh examples/single_turn/amess/run_amess_MIntRec2_ood.sh" in text
    assert "None yet: this text was made without runs on the real data." in text
    assert "{" not in text
    assert not any("| |" in line for line in text.splitlines())


def test_figures_come_from_results_tables(tree, tmp_path):
    accs = {0: 50.0, 1: 52.5, 2: 54.0}
    write(tmp_path / "r/in.csv", [row(seed, acc, oid_f1=acc - 5, oid_acc=acc) for seed, acc in accs.items()])
    log = "amess_vim_MIntRec2.0_multi-class_2026"
    write(tmp_path / "r/deep/det.csv", [row(0, 50.0, auroc=70.0, log_id=log), row(1, 51.0, auroc=72.0, log_id=log)])
    write(tmp_path / "r/other.csv", [{**row(0, 99.0), "method": "mult"}])
    text = figures(MMOIR, "amess", tmp_path / "r")
    mean, spread = statistics.fmean(accs.values()), statistics.stdev(accs.values())
    assert f"{mean:.2f} ± {spread:.2f}" in text
    assert f"| mean ± std | {mean:.2f} ± {spread:.2f}" in text
    assert "| 1 | 52.50 | 51.50 |" in text
    assert "| vim | 71.00 ± 1.41 |" in text
    assert "99.00" not in text
    assert (
        command("patch", "mmoir", "-o", tmp_path / "a.patch", "--host", tree, *ABOUT[:4], "--results", tmp_path / "r")
        == 0
    )
    assert text in (tmp_path / "a.md").read_text()


def test_figures_that_are_not_there_are_told(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        figures(MMOIR, "amess", tmp_path / "nowhere")
    write(tmp_path / "r.csv", [{**row(0, 9.0), "method": "mult"}])
    with pytest.raises(UserError, match="no table there has a run of amess on MIntRec2.0 or MIntRec"):
        figures(MMOIR, "amess", tmp_path)
    write(tmp_path / "r.csv", [row(0, 9.0), row(0, 10.0)])
    with pytest.raises(UserError, match="r.csv: 2 runs of seed 0 are alike"):
        figures(MMOIR, "amess", tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"torch==1.13.1\ntorchvision==0.14.1\ntqdm", b"torch>=2.0\ntorchvision>=0.15\ntqdm\nsome-package>=2.2\n"),
        (b"torch==2.1\r\nSome_Package==2.2.2", b"torch==2.1\r\nSome_Package==2.2.2"),
        (b"torch @ file:///x\nsome-package\n", b"torch @ file:///x\nsome-package\n"),
        (b"", b"torch>=2.0\nsome-package>=2.2\n"),
    ],
)
def test_requirements(before, after):
    text = Text("requirements.txt", before)
    assert add_requirements(text, {"torch": "2.0", "some-package": "2.2"}) == (before != after)
    assert text.bytes() == after
