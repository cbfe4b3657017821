"""What a plan holds, and what makes two runs the same run."""

import argparse
import shutil

import pytest

from mia_plugins.errors import UserError
from mia_plugins.plugin import registry
from mia_plugins.plugin.method import Method
from mia_plugins.reproduce import paper
from mia_plugins.reproduce.command import add_parser
from mia_plugins.reproduce.experiments import NAMES, comparison, experiments
from mia_plugins.reproduce.plan import make_plan
from mia_plugins.runs import digests


def options(data, backbone, *more):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    common = ["reproduce", "table1", "--data_path", str(data), "--seeds", "0", "1", "--text_backbone", str(backbone)]
    return parser.parse_args([*common, "--set", f"sentence_encoder={backbone}", *more])


def plan_of(names, given):
    found = [experiments(name, given.dataset, ("amess", "text"), descriptions=given.descriptions) for name in names]
    return make_plan([each for part in found for each in part], given)


def test_runs_that_several_tables_need_are_made_once(data, backbone):
    given = options(data, backbone, "--dataset", "MIntRec2.0")
    plan = plan_of(NAMES, given)
    # in scope: A-MESS, text, three ablations, 2, 5, 8 descriptions, k = 4, 12, 16, 25, 50; with OOS: both again
    assert len(plan.runs) == 2 * (13 + 2)
    whole = [
        row for each in plan.experiments for row in each.rows if row.label in ("A-MESS", "k = 8", "3 descriptions")
    ]
    assert len(whole) == 6
    same = {
        run for each in plan.experiments if not each.ood for row in each.rows[:1] for run in plan.runs_of(each, row)
    }
    assert len(same) == 2  # one a seed
    assert [run.seed for run in plan.runs[:13]] == [0] * 13  # whole tables of one seed come first


def test_what_is_not_there_is_said(data, backbone):
    plan = plan_of(("table1", "table4"), options(data, backbone))
    assert {each.dataset for each in plan.experiments} == {"MIntRec2.0"}
    assert any("MIntRec is left out" in note and "no in-scope tables" in note for note in plan.notes)
    plan = plan_of(("table4",), options(data, backbone, "--dataset", "MIntRec2.0"))
    assert not plan.notes  # the bundled ones are enough for the paper's counts
    plan = plan_of(("table4",), options(data, backbone, "--dataset", "MIntRec2.0", "--descriptions", "3", "9"))
    assert any("9 descriptions is left out" in note and "descriptions_path=FILE" in note for note in plan.notes)
    with pytest.raises(UserError, match="no in-scope tables of MIntRec"):
        plan_of(("table3",), options(data, backbone))


def test_descriptions_of_ones_own_make_the_larger_counts_possible(data, backbone, tmp_path):
    import json

    from mia_plugins.methods.amess.descriptions import BUNDLED

    table = {
        label: [*texts, *(f"{label} {i}." for i in range(2))]
        for label, texts in json.loads(BUNDLED.read_text()).items()
    }
    (tmp_path / "own.json").write_text(json.dumps(table))
    own = ["--descriptions_path", str(tmp_path / "own.json"), "--descriptions", "3", "9"]
    given = options(data, backbone, "--dataset", "MIntRec2.0", *own)
    plan = plan_of(("table4",), given)
    assert not plan.notes
    assert [row.label for row in plan.experiments[0].rows] == ["3 descriptions", "9 descriptions"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("num_anchor=3", "unknown hyper-parameter 'num_anchor'"),
        ("num_anchors=[3,4]", "a plan has one value"),
        ("eval_monitor=is_os_f1", "add --train_ood"),
    ],
)
def test_wrong_settings_are_told(data, backbone, setting, words):
    with pytest.raises(UserError, match=words):
        plan_of(("table1",), options(data, backbone, "--dataset", "MIntRec2.0", "--set", setting))


def test_keys_follow_settings_data_encoder_and_code(data, backbone, tmp_path, monkeypatch):
    def first(folder=data, encoder=backbone, *more):
        return plan_of(("fig5",), options(folder, encoder, "--dataset", "MIntRec2.0", *more)).runs[0]

    base = first()
    assert first() == base
    assert first(data, backbone, "--set", "lr=1e-4").key != base.key
    assert first(data, backbone, "--set", "num_anchors=8").key == base.key  # what it is anyway
    copy = shutil.copytree(data, tmp_path / "elsewhere")
    assert first(copy).key == base.key  # another place, the same data
    table = next(copy.rglob("dev.tsv"))
    table.write_text(table.read_text() + "\n", encoding="utf-8")
    assert first(copy).key != base.key
    other = shutil.copytree(backbone, tmp_path / "encoder")
    assert first(data, other).key == base.key
    (other / "config.json").write_text((other / "config.json").read_text() + " ")
    assert first(data, other).key != base.key
    assert first(data, other, "--set", f"sentence_encoder={backbone}").key != base.key  # the text encoder alone
    assert first(data, backbone, "--set", f"sentence_encoder={other}").key != base.key  # the other one alone
    plain = digests.text
    monkeypatch.setattr(digests, "text", lambda path: plain(path) + (b"#" if path.name == "fusion.py" else b""))
    assert first().code != base.code
    assert first().key == base.key
    monkeypatch.setattr(digests, "text", lambda path: plain(path) + (b"#" if path.parent.name == "report" else b""))
    assert first().code == base.code  # no result depends on a picture


def test_installed_methods_of_the_paper_are_measured_not_quoted(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {group: {} for group in registry.BUILTIN})
    for label, name in (("MulT", "mult_of_ours"), ("CAGC", "cagc_of_ours")):
        registry.register(Method(name, build=None, settings=object, title=label))
    by_name = {each.dataset: {row.label: row.method for row in each.rows} for each in experiments("table1")}
    assert by_name["MIntRec"]["MulT"]
    assert by_name["MIntRec"]["CAGC"]
    assert "CAGC" not in by_name["MIntRec2.0"]  # the paper has no figure of it there
    assert next(iter(by_name["MIntRec"])) == "A-MESS"


def test_a_comparison_has_every_table_with_what_is_printed_elsewhere():
    found = comparison(["text", "amess"], ["MIntRec", "MIntRec2.0"])
    assert [(each.name, each.dataset, each.ood) for each in found] == [
        ("compare", "MIntRec", False),
        ("compare_ood", "MIntRec", True),
        ("compare", "MIntRec2.0", False),
        ("compare_ood", "MIntRec2.0", True),
    ]
    assert [row.label for row in found[0].rows] == ["A-MESS", "Text only"]  # the default method is compared with
    assert found[0].rows[0].printed == paper.TABLE1["MIntRec"]["A-MESS"]
    assert found[0].rows[1].printed == (70.88, 67.40)
    assert [each.ood for each in comparison(["text"], ["MIntRec"], ood=False)] == [False]


def test_papers_figures_are_those_of_the_notes():
    assert paper.TABLE1["MIntRec2.0"]["A-MESS"] == (62.39, 55.91, 60.10, 55.93)
    assert paper.TABLE2["MIntRec2.0"]["A-MESS"] == (56.81, 49.03, 63.42, 49.31)
    assert paper.TABLE3["MIntRec"]["without both"] == (71.95, 68.34, 68.78, 69.08)
    (table,) = experiments("table3")
    assert {row.label: row.printed for row in table.rows} == paper.TABLE3["MIntRec"]
    quoted = [row.label for row in experiments("table1", methods=("amess",))[0].rows if row.method is None]
    assert quoted == ["MAG-BERT", "MulT", "TCL-MAP", "CAGC"]
