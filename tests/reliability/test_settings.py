"""Every setting, however it is given: a value in its range, or one line."""

import dataclasses
import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reliability.attack import attempt, expect, fuzz, refused
from reliability.values import numbers, objects, scalars, texts

from mia_plugins.methods.amess.settings import Settings as AmessSettings
from mia_plugins.methods.text import Settings as TextSettings
from mia_plugins.plugin.registry import find_method
from mia_plugins.runs.combinations import combinations
from mia_plugins.runs.options import make_options, parse
from mia_plugins.training.settings import TrainSettings


def whole(low, high=10**6):
    return lambda value: type(value) is int and low <= value <= high


def number(low, high=math.inf, low_too=True, high_too=True):
    def holds(value):
        if type(value) is not float or not math.isfinite(value):
            return False
        return (low <= value if low_too else low < value) and (value <= high if high_too else value < high)

    return holds


def flag(value):
    return type(value) is bool


def word(*words):
    return lambda value: value in words


def text(value):
    return type(value) is str and "\0" not in value and value.encode() is not None


# what a run may end up with, written down a second time
ALLOWED = {
    "num_train_epochs": whole(1),
    "train_batch_size": whole(1),
    "eval_batch_size": whole(1),
    "lr": number(0, 1000, low_too=False),
    "new_lr_factor": number(0, 10**6, low_too=False),
    "weight_decay": number(0, 1000),
    "warmup_proportion": number(0, 1),
    "grad_clip": number(0),
    "eval_monitor": word("acc", "f1", "weighted_f1", "prec", "weighted_prec", "rec", "is_os_f1"),
    "length_batches": flag,
    "wait_patience": whole(1),
    "precision": word("float32", "bfloat16"),
    "ood_training": word("k_plus_1", "outlier_exposure"),
    "scale": number(0),
    "modality_dropout": number(0, 1),
    "anchor_embedding": flag,
    "semantic_sync": flag,
    "num_anchors": whole(1),
    "anchor_tokens": word("current", "all"),
    "aligned_method": word("salience", "ctc", "conv1d", "avg_pool", "none"),
    "residual": flag,
    "fusion_start": word("identity", "paper"),
    "temperature": number(0, 10**6, low_too=False),
    "negatives": word("other_labels", "literal"),
    "num_descriptions": whole(1),
    "descriptions_path": text,
    "sentence_encoder": text,
    "pooling": word("first", "mean"),
    "dropout_prob": number(0, 1, high_too=False),
}
NAMES = sorted(ALLOWED)
names = st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES).map(str.upper), st.text(max_size=10))
METHOD = "amess"


def test_every_setting_is_attacked():
    kinds = (TrainSettings, AmessSettings, TextSettings)
    assert set(ALLOWED) == {field.name for kind in kinds for field in dataclasses.fields(kind)}


def chosen(options):
    """The combinations that the options ask for."""
    options.demo = False
    return combinations(options, find_method(METHOD))


def check_chosen(kind, ending):
    """Whatever was accepted is in its range, and no two combinations are the same."""
    for each in ending.value or ():
        for name, value in each.values().items():
            expect(kind, ALLOWED[name](value), f"{name}={value!r:.80} was accepted")
    found = [sorted(each.values().items()) for each in ending.value or ()]
    expect(kind, all(a != b for a, b in zip(found, found[1:])), "the same combination twice")
    expect(kind, ending.value is None or found, "no combination")


def from_command_line(assignments):
    return chosen(parse(["--train_ood", *(part for text in assignments for part in ("--set", text))]))


def from_python(values):
    return chosen(make_options({"train_ood": True, "set": values}))


def from_param(source):
    """The combinations of a config file with this ``hyper_param``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.py"
        path.write_text(
            "class Param:\n    def __init__(self, args):\n        self.hyper_param = " + source,
            encoding="utf-8",
            errors="surrogateescape",
        )
        return chosen(make_options({"train_ood": True, "config_file_name": str(path)}))


@fuzz(150)
@given(st.sampled_from(NAMES), texts)
def test_one_by_set(name, value):
    kind = "settings by --set"
    check_chosen(kind, attempt(kind, lambda: from_command_line([f"{name}={value}"])))


@fuzz(60)
@given(st.lists(st.one_of(texts, st.tuples(names, texts).map("=".join)), max_size=4))
def test_several_by_set(assignments):
    kind = "settings by --set"
    check_chosen(kind, attempt(kind, lambda: from_command_line(assignments)))


@fuzz(150)
@given(st.sampled_from(NAMES), st.one_of(scalars, numbers, st.lists(numbers, max_size=3), objects))
def test_one_from_python(name, value):
    kind = "settings by set={...}"
    check_chosen(kind, attempt(kind, lambda: from_python({name: value})))


@fuzz(60)
@given(st.one_of(objects, st.dictionaries(st.one_of(names, st.none(), numbers), objects)))
def test_any_mapping_from_python(values):
    kind = "settings by set={...}"
    check_chosen(kind, attempt(kind, lambda: from_python(values)))


@fuzz(60)
@given(st.sampled_from(NAMES), texts.filter(lambda text: "**" not in text))  # there it is code, and takes for ever
def test_one_in_a_param(name, value):
    kind = "settings in a Param"
    check_chosen(kind, attempt(kind, lambda: from_param(f"{{{name!r}: {value}}}\n")))


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("grad_clip=-1", "grad_clip=-1 should be a finite number 0 or more"),
        ("weight_decay=-1", "weight_decay=-1 should be"),
        ("scale=-1", "scale=-1 should be"),
        ("num_train_epochs=1e400", "num_train_epochs=inf should be a whole number"),
        ("lr=nan", "lr='nan' should be"),
        (f"num_anchors={'9' * 400}", "num_anchors=999"),
        (f"lr={'-' * 5000}1", "lr="),
        ("lr=[[1e-4], [1e-5]]", "lr=[[0.0001], [1e-05]]"),
        ("lr=[[1e-4]]", "lr=[[0.0001]]"),
        ("num_anchors=[4, 4.0]", "twice"),
        ("lr=[1e-4, 1e-4]", "twice"),
    ],
)
def test_nonsense_of_the_findings(assignment, words):
    refused("settings of the findings", lambda: from_command_line([assignment]), words)


def test_a_grid_is_counted_before_it_is_laid_out():
    lists = [f"{name}=[{', '.join(map(str, range(1, 11)))}]" for name in NAMES if ALLOWED[name](3)][:10]
    assert len(lists) >= 6
    refused("settings of the findings", lambda: from_command_line(lists), "combinations")
    refused(
        "settings of the findings", lambda: from_param("{'num_anchors': list(range(1, 3_000_000))}"), "combinations"
    )


RIGHT = [1, 3, 50, 0.25, 0.5, 1.0, 30.0, True, False, *("acc", "is_os_f1", "ctc", "none", "first", "mean", "paper"),
         *("identity", "float32", "bfloat16", "literal", "other_labels", "k_plus_1", "outlier_exposure"),
         "current", "all"]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("descriptions_path", "sentence_encoder")])
def test_what_is_right_goes_through(name):
    """The other way round: a value of the range is what the run has, and a list of two is two combinations."""
    kind = "settings that are right"
    values = [value for value in RIGHT if ALLOWED[name](value) and (ALLOWED[name] is flag or value is not True)]
    assert len(values) > 1
    for value in values:
        for way in (lambda: from_command_line([f"{name}={value}"]), lambda: from_python({name: value})):  # noqa: B023
            (found,) = attempt(kind, way).value
            expect(kind, found.values()[name] == value, f"{name}={value!r} became {found.values()[name]!r}")
    found = attempt(kind, lambda: from_python({name: values})).value
    expect(kind, [each.values()[name] for each in found] == values, f"{name}={values} became {found}")
