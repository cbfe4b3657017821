"""What runs say of themselves is shown as it is, runs nothing, and hides no other run."""

import json

import pytest
from report_pages import report
from saved_runs import write_run

pytest.importorskip("matplotlib")


def test_nothing_unescaped_reaches_the_pages(root):
    evil = "<script>alert(1)</script>[x](javascript:alert(1))|`*"
    write_run(
        root / "runs" / "evil",
        arrays=False,
        history=[],
        dataset=evil,
        labels=[evil, "B", "C"],
        method=evil,
        settings={evil: evil},
    )
    code, page, markdown = report(root)
    assert code == 0
    assert "<script" not in page
    assert "<script" not in markdown
    assert "](javascript:" not in markdown.replace("\\](javascript:", "")
    assert "is not installed here" in page


def test_labels_of_any_kind_are_shown_as_they_are(root, monkeypatch):
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda self, path, **_: path.write_bytes(b"<svg/>"))
    monkeypatch.setattr("mia_plugins.report.intervals.interval_lines", lambda run: [])
    labels = ["<script>alert(1)</script>", "Ask | tell", "$x_{$ " + "long " * 50]
    for seed in (0, 1):
        write_run(
            root / "runs" / f"odd{seed}", labels=labels, dataset="Odd", seed=seed, warnings=["<img src=x onerror=1>"]
        )
    code, page, markdown = report(root, "--detail", "Odd")
    assert code == 0
    assert " left out: " not in page
    for text in (page, markdown):
        assert "<script" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text
    assert "<td>Ask | tell</td>" in page
    assert "| Ask \\| tell |" in markdown


def test_a_run_that_is_half_written_does_not_hide_the_others(root):
    for seed in range(3):
        write_run(root / "runs" / f"seed{seed}", arrays=False, history=[], seed=seed, metrics={"acc": 70.0 + seed})
    path = root / "runs" / "seed1" / "run.json"
    path.write_text(path.read_text()[:-40])
    code, page, _ = report(root)
    assert code == 0
    assert "seed1/run.json" in page
    assert "71.00 ± 1.41" in page  # of the seeds 0 and 2


def test_versions_that_differ_are_said(root):
    for name, code in (("a", "1" * 64), ("b", "2" * 64)):
        training, testing = {"code": code, "version": "0.1.0"}, {"data": code}
        write_run(
            root / "runs" / name, arrays=False, history=[], training=training, testing=testing, settings={"lr": name}
        )
    code, page, _ = report(root)
    assert code == 0
    assert "the runs of A-MESS are of 2 versions of the code: 1111111111, 2222222222" in page
    assert "tested on 2 versions of the data" in page


def test_what_an_older_or_odd_record_lacks_is_left_out(root):
    record = write_run(root / "runs" / "odd", arrays=False, history=[], demo="yes")
    odd = {"clips": [1], "versions": "1", "changed": 3, "features": {"a": 1}, "training": [], "date": 3, "seconds": "x"}
    (root / "runs" / "odd" / "run.json").write_text(json.dumps({**record, **odd}))
    code, page, _ = report(root)
    assert code == 0
    assert " left out: " not in page
    assert "--data_path DIR" in page


def test_a_runs_word_runs_no_file(root):
    (root / "plugin.py").write_text(f"open({str(root / 'ran')!r}, 'w')\n")
    write_run(root / "runs" / "evil", arrays=False, history=[], method=str(root / "plugin.py"))
    assert report(root)[0] == 0
    assert not (root / "ran").exists()
