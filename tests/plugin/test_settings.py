"""Hyper-parameters from anywhere: what is taken, what is refused in one line, and nothing in between."""

import dataclasses
import itertools
import math
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Optional, Union

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import check, describe, grid, parse_assignments, split_settings
from mia_plugins.plugin.values import Range, typed

BOOL = "true or false"
INT = "a whole number"


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (3, int, 3),
        (3.0, int, 3),
        (-0.0, int, 0),
        (2, float, 2.0),
        (1e-4, float, 1e-4),
        (True, bool, True),
        (0, bool, False),
        ("False", bool, False),
        (384, str, "384"),
        (np.int64(3), int, 3),
        (np.float32(0.5), float, 0.5),
        (None, Optional[int], None),
        ("none", Optional[int], None),
        (4, Optional[int], 4),
        (1, Union[bool, int], 1),
        (True, Union[int, bool], True),
        (0.5, Union[int, float], 0.5),
        (3, Union[float, int], 3),
        ("adam", Literal["adam", "sgd"], "adam"),
        (2, Literal[1, 2], 2),
        (2.0, Literal[1, 2], 2),
        (1, Literal["1", "2"], "1"),
        (1, Literal["1", 1], 1),
        ("none", Literal[None, "a"], None),
        ((1, 2.0), tuple[int, ...], (1, 2)),
        ([1, 0.5], tuple[int, float], (1, 0.5)),
        ((), tuple[int, ...], ()),
        ((1, (2, 3)), tuple[int, tuple[int, int]], (1, (2, 3))),
        (5, Annotated[int, Range(1, 5)], 5),
        (None, Annotated[Optional[int], Range(1)], None),
        ((1, 4), Annotated[tuple[int, ...], Range(1)], (1, 4)),
    ],
)
def test_taken(value, annotation, expected):
    got = typed("x", value, annotation)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("value", "annotation", "words"),
    [
        (0.5, int, INT),
        (True, int, INT),
        ("3", int, INT),
        (None, int, INT),
        (math.nan, int, INT),
        (math.inf, int, INT),
        (10**400, int, INT),
        (10**400, float, "a finite number"),
        (math.nan, float, "a finite number"),
        (-math.inf, float, "a finite number"),
        ("1e-4", float, "a finite number"),
        (True, float, "a finite number"),
        (1 + 2j, float, "a finite number"),
        (np.zeros(2), float, "a finite number"),
        (2, bool, BOOL),
        ("yes", bool, BOOL),
        (1.0, bool, BOOL),
        (True, str, "a text"),
        (b"a", str, "a text"),
        (True, Literal[1, 2], "one of 1, 2"),
        ("c", Literal["a", "b"], "one of a, b"),
        (0.5, Optional[int], "a whole number, or none"),
        ((1, "a"), tuple[int, ...], "a tuple of a whole number"),
        ((1,), tuple[int, int], "a tuple of a whole number, a whole number"),
        ((1, 2, 3), tuple[int, int], "a tuple"),
        (3, tuple[int, ...], "a tuple"),
        (0, Annotated[int, Range(1, 5)], "a whole number from 1 to 5"),
        (10**400, Annotated[int, Range(1)], "a whole number 1 or more"),
        (0, Annotated[float, Range(0, above=True)], "a finite number above 0"),
        (1, Annotated[float, Range(0, 1, below=True)], r"from 0 to 1 \(excluded\)"),
        (3, Annotated[float, Range(high=2)], "a finite number 2 or less"),
        ((1, 0), Annotated[tuple[int, ...], Range(1)], "1 or more"),
        ({}, dict, "dict"),
    ],
)
def test_refused(value, annotation, words):
    with pytest.raises(UserError, match=words) as caught:
        typed("x", value, annotation)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


PLAIN = st.sampled_from([bool, int, float, str, Optional[int], Literal["a", 1, None], tuple[int, ...], Union[int, str]])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=3)
    | st.complex_numbers() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(value=VALUES, annotation=PLAIN)
def test_any_value_is_taken_for_good_or_refused(value, annotation):
    try:
        got = typed("x", value, annotation)
    except UserError as error:
        assert str(error).startswith("x=")  # noqa: PT017
        return
    assert typed("x", got, annotation) == got  # what was converted needs no more
    kinds = {bool: bool, int: int, float: float, str: str, tuple[int, ...]: tuple}
    if annotation in kinds:
        assert type(got) is kinds[annotation]
    if isinstance(got, float):
        assert math.isfinite(got)


@settings(deadline=None, max_examples=300)
@given(texts=st.lists(st.text(max_size=30), max_size=3))
def test_any_text_after_set_is_a_value_or_one_line(texts):
    try:
        values = parse_assignments(texts)
    except UserError as error:
        assert str(error).endswith("write it as key=value")  # noqa: PT017
        return
    try:
        split_settings(values, Plain)
    except UserError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017


@pytest.mark.parametrize(
    "value", ["[" * 100_000, "-" * 100_000 + "1", "9" * 10_000, "(" * 500 + ")" * 500, "\0", "f(x)"]
)
def test_hostile_texts_after_set(value):
    with pytest.raises(UserError, match="count="):
        split_settings(parse_assignments([f"count={value}"]), Plain)


@dataclass(frozen=True)
class Plain:
    """Some.

    Args:
        count, rate: two numbers,
            one of them whole.
        name: a name.
    """

    count: Annotated[int, Range(1, 9)] = 3
    rate: float = 0.5
    name: str = "a"
    hidden: Any = field(default=None, init=False)
    shared: ClassVar[int] = 7

    def __post_init__(self):
        check(self)


@dataclass(frozen=True)
class Other:
    name: str = "b"
    size: tuple[int, int] = (1, 2)


@dataclass(frozen=True)
class Needy:
    width: int
    depth: list = field(default_factory=list)


def test_values_go_to_every_class_that_has_them():
    plain, other = split_settings({"rate": 2, "name": "c", "size": [3, 4]}, Plain, Other)
    assert (plain, other) == (Plain(rate=2.0, name="c"), Other(name="c", size=(3, 4)))
    assert isinstance(plain.rate, float)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cout": 1}, "unknown hyper-parameter 'cout'; did you mean count?"),
        ({"xyz": 1}, "unknown hyper-parameter 'xyz'; known: count, name, rate, size"),
        ({1: 1}, "unknown hyper-parameter 1"),
        ({"hidden": 1}, "unknown hyper-parameter 'hidden'"),
        ({"shared": 1}, "unknown hyper-parameter 'shared'"),
        ({"count": 0}, "count=0 should be a whole number from 1 to 9"),
    ],
)
def test_keys_and_values_that_do_not_fit(values, words):
    with pytest.raises(UserError) as caught:
        split_settings(values, Plain, Other)
    assert words in str(caught.value)


def test_a_setting_without_a_default_must_be_given():
    with pytest.raises(UserError, match="width has no default; give it with --set width=VALUE"):
        split_settings({}, Needy)
    assert split_settings({"width": 4}, Needy) == [Needy(4)]


def test_settings_that_cannot_be_read_are_the_authors_one_line():
    broken = dataclasses.make_dataclass("Broken", [("x", "NoSuchType", 1)])
    for kind in (broken, int):
        with pytest.raises(UserError, match="settings .*: cannot be read"):
            split_settings({}, kind)


def test_described():
    assert [(each.name, each.type, each.default, each.range, each.meaning) for each in describe(Plain)] == [
        ("count", "a whole number", 3, "from 1 to 9", "two numbers, one of them whole."),
        ("rate", "a finite number", 0.5, "", "two numbers, one of them whole."),
        ("name", "a text", "a", "", "a name."),
    ]


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from("abcd"), st.one_of(st.integers(), st.lists(st.integers(), min_size=1, max_size=4, unique=True))
    )
)
def test_a_grid_is_every_combination_once(values):
    axes = {key: value for key, value in values.items() if isinstance(value, list) and len(value) > 1}
    fixed = {key: value[0] if isinstance(value, list) else value for key, value in values.items() if key not in axes}
    expected = [dict(zip(axes, chosen)) for chosen in itertools.product(*axes.values())]
    got = list(grid(values))
    assert [choice for _, choice in got] == expected
    assert [combined for combined, _ in got] == [{**fixed, **choice} for choice in expected]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"a": []}, "empty list"),
        ({"a": [[1, 2]]}, "a list in a list"),
        ({"a": [1, 2, 1]}, "a value twice"),
        ({"a": list(range(101)), "b": list(range(100))}, "make 10,100 combinations"),
    ],
)
def test_lists_that_are_no_grid(values, words):
    with pytest.raises(UserError, match=words):
        list(grid(values))


def test_a_number_too_long_to_be_shown():
    with pytest.raises(UserError, match="x=a int should be a whole number"):
        typed("x", 10**5000, int)
