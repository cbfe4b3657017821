"""Streaming a pickle comes to what loading it at once does, and keeps no more than a clip.

The hostile and the broken pickles of test_safe_pickle.py are streamed there as well, through its ``load``.
"""

import collections
import io
import pickle
import pickletools
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mia_plugins.data.store import build
from mia_plugins.data.store.build import convert
from mia_plugins.data.store.stream import NotStreamable, stream


@pytest.fixture
def no_second_load(monkeypatch):
    """Loading the file at once is a failure."""

    def fail(path):
        raise AssertionError(f"{path} was not streamed")

    monkeypatch.setattr(build, "load_plain", fail)


class Sink:
    """Counts what it gets."""

    def __init__(self):
        self.arrays, self.clips = 0, 0

    def array(self, array):
        self.arrays += 1
        return 0, -1

    def clip(self, value):
        self.clips += 1
        return self.clips


def frames(count, width=4, start=0.0):
    return (np.arange(count * width).reshape(count, width) + start).astype(np.float32)


def corrupted(array, at):
    array[at] = np.nan
    return array


FORMS = {
    "array": lambda x: x,
    "column": lambda x: x[:, None],
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "list": list,
    "rows": lambda x: [row[None] for row in x],
    "tuple": lambda x: tuple(x),
    "wide": lambda x: x[:, None, None],
    "flat": lambda x: x.reshape(-1),
    "truth": lambda x: x > 1,
    "objects": lambda x: x.tolist(),
    "nested": lambda x: {"frames": x},
    "text": lambda x: "text",
    "nothing": lambda x: None,
}


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    clips=st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(0, 5),
            st.sampled_from(["f2", "f4", "f8", "i4", "u1", "i8"]),
            st.sampled_from(list(FORMS)),
            st.integers(-1, 6),
        ),
        max_size=8,
    ),
    protocol=st.integers(0, 5),
    optimized=st.booleans(),
)
def test_any_mixture_of_clips(compare, clips, protocol, optimized):
    rng = np.random.default_rng(0)
    table = {}
    for i, (count, width, dtype, form, bad) in enumerate(clips):
        array = rng.uniform(0, 200, (count, width)).astype(dtype)
        if 0 <= bad < count and array.dtype.kind == "f":
            array[bad::2] = np.inf
        table[f"clip{i}"] = FORMS[form](array)
    content = pickle.dumps(table, protocol)
    compare(pickletools.optimize(content) if optimized else content)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("pickler", [pickle.Pickler, pickle._Pickler])
def test_numpys_pickles_are_streamed(compare, no_second_load, protocol, pickler):
    pad = np.zeros((1, 4), np.float32)
    same = frames(3)
    table = {f"clip{i}": frames(3, start=i) for i in range(2001)}  # a dict's items come in thousands, and a last one
    table |= {"long": list(frames(2001)), "one": [frames(1)], "pads": [frames(1), pad, pad, pad]}
    table |= {"pads again": [pad, frames(1)], "same": same, "once more": same, "corrupted": corrupted(frames(9), 7)}
    table |= {"none": None, "number": np.float32(2), "empty": [], "texts": ["a", "b"], "mixed": [frames(1), "x", 1]}
    file = io.BytesIO()
    pickler(file, protocol).dump(table)
    compare(file.getvalue())


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "table",
    [
        {"a": (pair := [frames(2)[0], frames(2)[1]]), "b": pair, "c": [pair]},
        {"a": (row := frames(1)), "b": [row, row], "c": {"row": row}},
        {"a": [(late := frames(1)), frames(1)], "b": frames(3), "c": [late]},  # forgotten after its clip
        {"a": [frames(1, start=7), (late := frames(1))], "b": frames(3, start=8), "c": [frames(1, start=9), late]},
        {"a": [(twin := frames(1)), twin], "b": (twin, [twin]), "c": twin},
        {"k" * 100: frames(1), "b": "k" * 100},
        collections.OrderedDict(a=frames(2), b=list(frames(2))),
        {"a": frames(2), "inner": {"b": frames(2), "c": list(frames(2))}, "d": frames(1)},
        {"a": ["x", "y", frames(1)], "b": ("x",), "c": (frames(1), "y"), "d": ("x", frames(1))},
        {"a": [frames(1)] * 1000 + ["text"], "b": [frames(1)] * 1001},
        {"a": b"raw", "b": b"r" * 1000, "c": "latin1"},
        [{"a": frames(2)}],
        {},
        frames(2),
        "text",
    ],
)
def test_what_refers_to_what_was_read(compare, table, protocol):
    compare(pickle.dumps(table, protocol))


def test_a_reference_to_something_forgotten_is_told():
    late = frames(1)
    content = pickle.dumps({"a": [late, frames(1)], "b": frames(3), "c": [late]})
    with pytest.raises(NotStreamable):
        stream(io.BytesIO(content), Sink())


F4 = b"cnumpy\ndtype\n(\x8c\x02f4\x89\x88tR"
ARRAY = b"cnumpy.core.numeric\n_frombuffer\n(C\x08" + np.ones(2, "<f4").tobytes() + F4 + b"K\x01K\x02\x86\x8c\x01CtR"
STATE = b"(K\x01K\x01K\x02\x86" + F4 + b"\x89C\x08" + np.zeros(2, "<f4").tobytes() + b"t"


@pytest.mark.parametrize(
    "opcodes",
    [
        b"(\x8c\x01a" + ARRAY + b"\x8c\x01b" + ARRAY + b"d.",  # all items first, then the dict
        b"}(\x8c\x01a]" + ARRAY + b"a\x8c\x01ba\x8c\x01c" + ARRAY + b"u.",  # a text that looks like the next key
        b"}(\x8c\x01a]" + ARRAY + b"a(" + ARRAY + b"\x8c\x01be\x8c\x01c" + ARRAY + b"u.",
        b"}(\x8c\x01a(" + ARRAY + b"t\x8c\x01b\x86\x8c\x01c" + ARRAY + b"u.",
        b"}(\x8c\x01a" + ARRAY + b"\x8c\x01b" + ARRAY + b".",  # ends before the dict has its items
        b"}(\x8c\x01a" + ARRAY + b"\x8c\x01bl.",
        b"}(\x8c\x01a" + ARRAY + b"\x8c\x01bt.",
        b"}(\x8c\x01a" + ARRAY + b"\x8c\x01bNb.",  # states where they do not belong
        b"}(\x8c\x01a" + ARRAY + STATE + b"bu.",
        b"}(\x8c\x01a]" + ARRAY + b"a\x8c\x01bbu.",
        b"}(\x8c\x01a]q\x04" + ARRAY + b"q\x05a\x8c\x01bh\x05" + STATE + b"bu.",  # changes a clip that was there before
        b"}(\x8c\x01a" + ARRAY + b"q\x05\x8c\x01bh\x05" + STATE + b"bu.",
        b"]q\x00" + ARRAY + b"q\x00.",  # a memo that does not count upwards
        b"}(\x8c\x01a" + ARRAY + b"q\x05\x8c\x01b](" + ARRAY + b"\x8c\x01xeq\x05\x8c\x01ch\x05u.",
        b"}(\x8c\x01a" + ARRAY + b"q\x05\x94\x8c\x01bh\x05\x8c\x01ch\x01u.",
        b"}(\x8c\x01a" + ARRAY + b"q\x05\x8c\x01bh\x06u.",
        b"}\x94(\x8c\x01ah\x00\x8c\x01b" + ARRAY + b"u.",  # a dict in itself
        b"}(\x8c\x01a]\x94h\x00a\x8c\x01b" + ARRAY + b"u.",
    ],
)
def test_what_no_pickler_writes(compare, opcodes):
    compare(b"\x80\x05" + opcodes)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("form", ["array", "rows", "tuple", "column", "fortran"])
def test_no_more_than_a_clip_is_in_memory(protocol, form):
    """What is allocated while the last clips are read is what was while the first were, save keys and the like."""
    table = {f"clip{i}": FORMS[form](frames(40, 300, i)) for i in range(60)}
    file = io.BytesIO(pickle.dumps(table, protocol))
    now = {}

    class Watch(Sink):
        def clip(self, value):
            now[self.clips] = tracemalloc.get_traced_memory()[0]
            return super().clip(value)

    tracemalloc.start()
    try:
        stream(file, Watch())
    finally:
        tracemalloc.stop()
    assert len(now) == 60
    assert now[55] - now[5] < 50_000  # a clip has 48,000 bytes, so 50 of them 2,400,000


def test_few_bytes_do_not_make_a_huge_file(tmp_path, user_error):
    frame = frames(1, 5000)
    path = tmp_path / "video_feats.pkl"
    path.write_bytes(pickle.dumps({"a": [frame] * 10_000}))
    with user_error(path, "again and again"):
        convert(path, tmp_path / "out")
    assert (tmp_path / "out").stat().st_size < 101 * path.stat().st_size
