"""Values that no setting should fall over: as texts of a command line, as objects of Python."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

NASTY = [
    *(
        "",
        " ",
        "-",
        "--",
        "-1",
        "0",
        "+0",
        "-0.0",
        "1",
        "1.0",
        "1.5",
        "1e400",
        "-1e400",
        "1e-400",
        "nan",
        "inf",
        "-inf",
    ),
    *("none", "None", "NONE", "null", "true", "True", "TRUE", "yes", "on", "off", "0x10", "1_000", "0b1", "1j", "1e3"),
    *("()", "[]", "{}", "(1,)", "(1, 2)", "[1]", "[[1]]", "[[1], [2]]", "[[]]", "[1, 1]", "[1, 1.0]", "[True, 1]"),
    *(
        "[1, 'x']",
        "{1: 2}",
        "{[1]}",
        "{1, 2}",
        "[None]",
        "[None, None]",
        "b'1'",
        "'1'",
        '"',
        "'",
        "...",
        "1 if 1 else 2",
    ),
    *(
        "1,2",
        "1;2",
        "1 2",
        "$HOME",
        "~",
        "..",
        "../../etc/passwd",
        "/dev/zero",
        "/dev/null",
        "<b>",
        "%s",
        "{0}",
        "\\x00",
    ),
    *("__import__('os').system('true')", "lambda: 1", "range(3)", "[0]*10**9", "9**9**9", "'a'*10**10", "f'{1}'"),
    *("😀", "１", "²", "٣", "\0", "1\0", "\udcff", "a\nb", "\r", "\t", "\u202e", "ﬁ", "é", "e\u0301", "\ufeff1"),
    *("9" * 19, "9" * 400, "-" + "9" * 400, "9" * 5000, str(2**63), str(2**64), str(-(2**63)), "1e" + "9" * 30),
    *("-" * 5000 + "1", "[" * 5000, "[" * 50 + "]" * 50, "(" * 300 + ")" * 300, "x" * 100_000, "[" + "1," * 5000 + "]"),
    *("ctc", "acc", "float32", "k_plus_1", "is_os_f1", "bfloat16", "Acc", "acc ", "float64"),
]

numbers = st.one_of(
    st.integers(-3, 40), st.integers(), st.integers(10**300, 10**310), st.floats(), st.floats(1e-8, 2), st.booleans()
)
scalar_texts = st.one_of(st.sampled_from(NASTY), numbers.map(repr), st.text(max_size=20))
texts = st.one_of(
    scalar_texts,
    st.lists(st.one_of(numbers.map(repr), st.sampled_from(NASTY)), max_size=4).map(
        lambda items: f"[{', '.join(items)}]"
    ),
)


class Odd:
    """Neither a number nor a text."""

    def __repr__(self):
        return "odd\n" * 100


ARRAYS = [
    np.array([1, 2]), np.array(1.5), np.float32(0.5), np.float64("nan"), np.int64(3), np.bool_(True), np.array(["x"]),
]  # fmt: skip
ODD = [
    Odd(), Odd, int, b"1", bytearray(b"x"), 1j, Fraction(1, 3), Decimal(1), range(3), {1, 2}, frozenset(), Ellipsis, len,
]  # fmt: skip

scalars = st.one_of(st.none(), numbers, st.sampled_from(NASTY), st.sampled_from(ARRAYS), st.sampled_from(ODD))
objects = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=3), inner),
    ),
    max_leaves=6,
)
