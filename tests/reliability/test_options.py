"""Every option of the run script, from the command line and from Python, up to the point where data are read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reliability.attack import attempt, expect, fuzz, refused
from reliability.values import numbers, objects, scalar_texts, scalars

from mia_plugins.runs.options import make_options, make_parser, parse
from mia_plugins.runs.session import check_options

ACTIONS = [action for action in make_parser()._actions if action.dest not in ("help", "version")]
TAKING = [action for action in ACTIONS if action.nargs != 0]
DESTS = sorted({action.dest for action in ACTIONS})


def seed(value):
    return type(value) is int and 0 <= value < 2**32


def text(value):
    return type(value) is str and len(value) > 0 and "\0" not in value and value.encode() is not None


# what a run may end up with, written down a second time; any other option is a text or a flag
ALLOWED = {
    "seed": seed,
    "seeds": lambda value: bool(value) and all(map(seed, value)) and len(set(value)) == len(value),
    "num_workers": lambda value: type(value) is int and 0 <= value <= 256,
    "trials": lambda value: type(value) is int and 1 <= value <= 10_000,
    "data_mode": lambda value: value in ("multi-class", "binary-class", "ood"),
    "test_mode": lambda value: value in ("ood_cls", "ood_det"),
    "ood_detection_method": lambda value: value in ("ma", "vim", "msp", "maxlogit", "energy", "residual"),
    "dialogue_mode": lambda value: value in ("single_turn", "multi_turn"),
    "context": lambda value: value in ("none", "same_speaker", "all"),
    "context_turns": lambda value: type(value) is int and 1 <= value <= 1_000_000,
    "context_len": lambda value: type(value) is float and 0 <= value <= 100,
    "context_from": lambda value: value in ("same_split", "all_splits"),
    "unseen": lambda value: type(value) is list and all(map(text, value)),
    "report_to": lambda value: type(value) is list and set(value) <= {"tensorboard", "wandb", "trackio"},
    "assignments": lambda value: all(map(text, value)),
    "model_path": lambda value: text(value) and "/" not in value and value not in (".", "..", "resume", "lease"),
    "gpu_id": lambda value: value.lower() == "cpu",
    "log_id": lambda value: type(value) is str and "\0" not in value,
}
ALLOWED.update(dict.fromkeys(("multimodal_method", "logger_name", "cache_path", "ablation_type"), ALLOWED["log_id"]))
FLAGS = {action.dest for action in ACTIONS if action.nargs == 0}


@pytest.fixture(scope="module")
def usual(data, backbone):
    """Options that are right, for others to be tried beside."""
    return {"data_path": str(data), "text_backbone": str(backbone), "dataset": "MIntRec2.0", "method": "text"}


def check_accepted(kind, ending):
    if ending.value is not None:
        for name, value in vars(ending.value.options).items():
            if value is not None and name not in ("given", "set", "demo"):
                holds = ALLOWED.get(name, (lambda value: type(value) is bool) if name in FLAGS else text)
                expect(kind, holds(value), f"{name}={value!r:.80} was accepted")


def words(usual, *more):
    return [*(part for name, value in usual.items() for part in (f"--{name}", value)), *more]


@fuzz(200)
@given(st.sampled_from(TAKING), scalar_texts)
def test_an_option_on_the_command_line(usual, action, value):
    kind = "options on the command line"
    argument = f"{action.option_strings[0]}={value}"
    check_accepted(kind, attempt(kind, lambda: check_options(parse(words(usual, argument)))))


@fuzz(80)
@given(st.lists(st.one_of(scalar_texts, st.sampled_from([a.option_strings[0] for a in ACTIONS])), max_size=5))
def test_any_words(usual, line):
    kind = "options on the command line"
    line = [word for word in line if word not in ("--version", "--help", "-h")]
    check_accepted(kind, attempt(kind, lambda: check_options(parse(words(usual, *line)))))


@fuzz(250)
@given(st.sampled_from(DESTS), st.one_of(scalars, numbers, objects, st.lists(numbers, max_size=3)))
def test_a_keyword(usual, name, value):
    kind = "options as keywords of Python"
    check_accepted(kind, attempt(kind, lambda: check_options(make_options({**usual, name: value}))))


@fuzz(40)
@given(st.dictionaries(st.one_of(st.sampled_from(["set", "given", "demo", "help"]), st.text(max_size=8)), objects))
def test_any_keywords(usual, values):
    kind = "options as keywords of Python"
    check_accepted(kind, attempt(kind, lambda: check_options(make_options({**usual, **values}))))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"data_mode": "binary"}, "data_mode='binary' should be one of multi-class, binary-class, ood"),
        ({"test_mode": "x"}, "test_mode='x' should be one of ood_cls, ood_det"),
        ({"seeds": 3}, "seeds=3 should be a list"),
        ({"seeds": np.array(3)}, "seeds=array(3) should be a list"),
        ({"seed": "abc"}, "seed: abc is not a whole number"),
        ({"seed": None}, "seed: None is not a whole number"),
        ({"seed": 1.5}, "seed: 1.5 is not a whole number"),
        ({"seed": 2**64}, "seed: 18446744073709551616 is not a whole number from 0"),
        ({"seed": 10**5000}, "seed: a int is not a whole number"),
        ({"seeds": [1, 1]}, "--seeds 1 1: give each seed once"),
        ({"seeds": []}, "give each seed once"),
        ({"dataset": 5}, "data set 5 is neither a name nor"),
        ({"num_workers": "x"}, "num_workers: x is not a whole number"),
        ({"num_workers": -1}, "num_workers: -1 is not a whole number from 0"),
        ({"num_workers": 100_000}, "not a whole number from 0 to 256"),
        ({"trials": 0}, "trials: 0 is not a whole number from 1"),
        ({"gpu_id": "²"}, "--gpu_id ²: this machine has"),
        ({"gpu_id": "9" * 200}, "--gpu_id 999"),
        ({"ood_dataset": ""}, "--ood_dataset '': a name cannot have 0 bytes"),
        ({"data_path": "x\0"}, "holds a NUL"),
        ({"output_path": "\udcff"}, "--output_path '\\udcff': holds a NUL, or bytes that are not UTF-8"),
        ({"model_path": "/tmp"}, "--model_path /tmp: is the name of a folder inside each run's own"),
        ({"model_path": "resume"}, "--model_path resume"),
        ({"config_file_name": "x" * 4000}, "a name cannot have 4000 bytes"),
        ({"method": "x" * 3000 + ".py"}, "a name cannot have 3003 bytes"),
        ({"restore": "/tmp/" + "x" * 300}, "a name cannot have 300 bytes"),
        ({"restore": "nowhere"}, "holds no kept model"),
        ({"set": [("lr", 1)]}, "should be a dictionary"),
        ({"sede": 1}, "unknown option 'sede'; did you mean"),
    ],
)
def test_options_of_the_findings(usual, values, told):
    refused("options of the findings", lambda: check_options(make_options({**usual, **values})), told)


def test_what_is_right_goes_through(usual):
    kind = "options that are right"
    for name, value, became in (
        ("seeds", range(3), [0, 1, 2]),
        ("seeds", np.arange(2), [0, 1]),
        ("seed", np.int64(7), 7),
        ("seed", "7", 7),
        ("num_workers", 0, 0),
        ("gpu_id", "cpu", "cpu"),
        ("train", True, True),
        ("data_mode", "ood", "ood"),
        ("model_path", "kept", "kept"),
        ("ood_dataset", "TED-OOD", "TED-OOD"),
    ):
        ending = attempt(kind, lambda: check_options(make_options({**usual, name: value})))  # noqa: B023
        expect(kind, getattr(ending.value.options, name) == became, f"{name} became something else")
