import builtins
import collections
import os
import pickle
import struct
import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mia_plugins.data.store.safe_pickle import load_plain
from mia_plugins.errors import UserError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.fixture
def load(compare):
    """``load(bytes)``: what ``load_plain`` makes of a file with these bytes; streaming must come to the same."""
    return lambda content: load_plain(compare(content))


class Calls:
    """An object that, unpickled in the usual way, calls ``function(*args)``."""

    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.arange(12, dtype=np.float64).reshape(3, 1, 4),
        np.arange(12, dtype=np.float16).reshape(3, 4)[:, ::2],
        np.asfortranarray(np.arange(12, dtype=np.int64).reshape(3, 4)),
        np.arange(24, dtype=np.uint8).reshape(2, 3, 4).transpose(1, 0, 2),
        np.arange(3, dtype=">f4"),
        np.array([True, False]),
        np.array(2.5),
        np.float32(2.5),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
def test_arrays_come_back_as_an_ordinary_load_has_them(load, array, protocol):
    content = pickle.dumps({"clip": array, "again": array}, protocol)
    loaded, expected = load(content), pickle.loads(content)["clip"]
    assert list(loaded) == ["clip", "again"]
    assert loaded["clip"] is loaded["again"]
    assert loaded["clip"].dtype == expected.dtype
    assert loaded["clip"].shape == array.shape
    np.testing.assert_array_equal(loaded["clip"], array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_values_and_containers(load, protocol):
    value = {
        "list": [1, -2, 300, 70_000, 2.5, None, True, False, "é\n", (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {}],
        "frames": [np.ones((1, 4), np.float32)] * 3,
        "many": {str(i): i for i in range(2000)},
    }
    loaded = load(pickle.dumps(value, protocol))
    np.testing.assert_array_equal(loaded.pop("frames"), value.pop("frames"))
    assert loaded == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ordered_dict_becomes_a_dict(load, protocol):
    loaded = load(pickle.dumps(collections.OrderedDict(a=1, b=2), protocol))
    assert type(loaded) is dict
    assert loaded == {"a": 1, "b": 2}


@pytest.mark.parametrize("module", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_both_numpys_names(load, protocol, module):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    content = pickle.dumps({"clip": array}, protocol)
    for name in ("multiarray", "numeric"):  # the name and, from protocol 4 on, its length and that of the frame
        for ours in (f"numpy.core.{name}", f"numpy._core.{name}"):
            other = f"{module}.{name}"
            content = content.replace(
                b"\x8c" + bytes([len(ours)]) + ours.encode(), b"\x8c" + bytes([len(other)]) + other.encode()
            ).replace(b"c" + ours.encode() + b"\n", b"c" + other.encode() + b"\n")
    if protocol >= 4:
        content = content[:3] + struct.pack("<Q", len(content) - 11) + content[11:]
    np.testing.assert_array_equal(load(content)["clip"], array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda mark: Calls(os.system, f"touch {mark}"), f"{os.system.__module__}.system"),
        (lambda mark: Calls(eval, f"open({str(mark)!r}, 'w')"), ".eval"),
        (lambda mark: Calls(open, str(mark), "w"), ".open"),
        (lambda mark: Calls(getattr, os, "system"), ".getattr"),
        (lambda mark: Calls(partial, os.system, f"touch {mark}"), "functools.partial"),
        (lambda mark: np.array([Calls(os.system, f"touch {mark}"), None]), "'O8'"),
        (lambda mark: {"clip": [np.zeros(2), Calls(os.system, f"touch {mark}")]}, ".system"),
        (lambda mark: collections.defaultdict(list), "collections.defaultdict"),
        (lambda mark: np.zeros((2, 2)).view(np.matrix), "numpy"),
        (lambda mark: {1, 2}, ""),
    ],
)
def test_code_is_named_and_not_run(tmp_path, load, user_error, make, name, protocol):
    mark = tmp_path / "was-run"
    try:
        content = pickle.dumps(make(mark), protocol)
    except TypeError:  # modules cannot be pickled: the name alone is what matters
        content = b"cbuiltins\ngetattr\n(tR."
    with user_error("video_feats.pkl", name):
        load(content)
    assert not mark.exists()


def test_torch_storages_are_refused(tmp_path, load, user_error):
    torch = pytest.importorskip("torch")
    with user_error("video_feats.pkl", "torch"):
        load(pickle.dumps({"clip": torch.zeros(2, 3)}))
    path = tmp_path / "tensors.pkl"
    torch.save({"clip": torch.zeros(2, 3)}, path)
    with user_error("tensors.pkl"):
        load_plain(path)
    torch.save({"clip": torch.zeros(2, 3)}, path, _use_new_zipfile_serialization=False)
    assert isinstance(load_plain(path), int)  # the old format starts with a pickle of a magic number


class Ops(bytes):
    """Opcodes, where bytes would be a value."""


def call(name, *args):
    """The opcodes of a call."""
    return Ops(b"c" + name.replace(" ", "\n").encode() + b"\n(" + b"".join(map(push, args)) + b"tR")


def push(value):
    """The opcodes that put a value on the stack."""
    return value if isinstance(value, Ops) else pickle.dumps(value, 3)[2:-1]


F4 = call("numpy dtype", "f4", False, True)
NDARRAY = Ops(b"cnumpy\nndarray\n")
EMPTY = call("numpy.core.multiarray _reconstruct", NDARRAY, (0,), b"b")


@pytest.mark.parametrize(
    "opcodes",
    [
        # allowed names with arguments they must not get
        call("_codecs encode", "x", "zlib_codec"),
        call("_codecs encode", "x", "latin1", "strict"),
        call("_codecs encode", b"x", "latin1"),
        call("numpy dtype", "O8", False, True),
        call("numpy dtype", "V8", False, True),
        call("numpy dtype", "f3", False, True),
        call("numpy dtype", F4),
        call("numpy dtype", "f4") + push((3, "<", None, ("a",), {"a": 1}, -1, -1, 0)) + b"b",
        call("numpy dtype", "f4") + push((3, "x", None, None, None, -1, -1, 0)) + b"b",
        call("numpy dtype", "f4") + push((3,)) + b"b",
        call("numpy ndarray", (2**40,)),
        call("numpy.core.multiarray _reconstruct", Ops(b"cnumpy\ndtype\n"), (0,), b"b"),
        call("numpy.core.multiarray scalar", F4, b"12345"),
        call("numpy.core.multiarray scalar", call("numpy dtype", "O8"), b"12345678"),
        call("numpy.core.multiarray scalar", "f4", b"1234"),
        call("numpy.core.numeric _frombuffer", b"12345678", F4, (3,), "C"),
        call("numpy.core.numeric _frombuffer", b"12345678", F4, (-2,), "C"),
        call("numpy.core.numeric _frombuffer", b"12345678", F4, (2,), "X"),
        call("numpy.core.numeric _frombuffer", b"", F4, (0, 2**62), "C"),
        call("numpy.core.numeric _frombuffer", b"", F4, (2**30,) * 9 + (0,), "C"),
        call("numpy.core.numeric _frombuffer", b"1234", F4, (1,), "K", (5,)),
        call("collections OrderedDict", Ops(b"]")),
        # states
        EMPTY + push((1, (2,))) + b"b",
        EMPTY + b"(" + b"".join(map(push, [1, (2**40,), F4, False, b"1234"])) + b"tb",
        b"cnumpy\ndtype\n" + push({"fullmatch": 1}) + b"b",
        b"c_codecs\nencode\n" + push((None, {"__defaults__": ()})) + b"b",
        push({}) + push({"a": 1}) + b"b",
        # calls of what is no function, stray and forbidden opcodes
        push("text") + b")R",
        push([]) + b")\x81",
        b"(cos\nsystem\no",
        b"(ios\nsystem\n",
        b"\x82\x01",
        b"Pid\n",
        push("id") + b"Q",
        b"\x97",
        b"h\x05",
        b"0",
        b"R",
        b"u",
        b"a",
        b"cnot a line",
        b"c\xff\n\xff\n",
        push("a\nb") + push("c\nd") + b"\x93",
        push(1) + push(2) + b"\x93",
        # keys whose hash or comparison could be abused
        b"}" + push((1, 2)) + b"Ns",
        b"}" + push(1) + b"Ns",
        b"(" + push(1) + b"Nd",
        b"](" + push("a") + b"Nu",
        F4 + push("a") + b"Ns",
        # absurd sizes
        b"\x8e" + struct.pack("<Q", 2**62),
        b"\x8e" + struct.pack("<Q", 2**63 + 1),
        b"\x96" + struct.pack("<Q", 2**36) + b"abc",
        b"B" + struct.pack("<I", 2**32 - 1) + b"abc",
        b"X" + struct.pack("<I", 2**32 - 1) + b"abc",
        b"\x95" + struct.pack("<Q", 2**62),
        b"\x95" + struct.pack("<Q", 2**36) + b"N",
        b"I" + b"9" * 100_000 + b"\n",
        b"\x8b" + struct.pack("<i", 2**31 - 1) + b"abc",
        b"",
        b"N",
        b"PK\x03\x04 a zip archive",
        b"\x93NUMPY\x01\x00",
        b"clip,frame,value\n",
    ],
)
def test_odd_opcodes_end_in_a_user_error(load, user_error, opcodes):
    with user_error("video_feats.pkl"):
        load(b"\x80\x05" + opcodes + (b"." if opcodes != b"N" else b""))


def test_a_huge_memo_index_costs_nothing(load):
    assert load(b"\x80\x02N" + b"r" + struct.pack("<I", 2**32 - 1) + b".") is None


def test_a_changed_byte_order_stays_in_the_file(load):
    state = push((3, ">", None, None, None, -1, -1, 0))
    load(b"\x80\x03" + call("numpy dtype", "f4") + state + b"b.")
    assert np.dtype("f4").isnative
    assert np.zeros(1, np.float32).dtype.isnative


@pytest.mark.parametrize(
    "function", ["numpy.core.numeric\n_frombuffer", "numpy.core.multiarray\n_reconstruct", "numpy\ndtype"]
)
def test_a_state_for_a_function(load, user_error, function):
    with user_error("a state for a function"):
        load(b"\x80\x02c" + function.encode() + b"\nNb.")


def test_deep_nesting_is_no_crash(load, user_error):
    deep = b")" + b"\x85" * 200_000
    with user_error("keys are not text"):
        load(b"\x80\x02}" + deep + b"Ns.")
    load(b"\x80\x02" + deep + b".")


def test_marks_that_are_never_closed_are_refused_before_they_fill_the_memory(load, user_error):
    """A mark takes one byte of the file and 70 of the memory. Picklers nest them no deeper than they recurse."""
    load(b"\x80\x02" + b"(" * 900 + b"l" * 900 + b".")
    with user_error("levels of nesting"):
        load(b"\x80\x02" + b"(" * 200_000 + b"l" * 200_000 + b".")


def small_table():
    return {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": [np.ones((1, 3))], "c": np.float64(1)}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(PROTOCOLS)), st.data())
def test_cut_anywhere(load, protocol, data):
    content = pickle.dumps(small_table(), protocol)
    at = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(UserError, match="video_feats.pkl"):
        load(content[:at])


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(PROTOCOLS)), st.data())
def test_changed_anywhere(load, protocol, data):
    """Whatever a few changed bytes make of a pickle: it loads as plain values or ends in a user's error."""
    content = bytearray(pickle.dumps(small_table(), protocol))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        load(bytes(content))
    except UserError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes(load, content):
    try:
        load(content)
    except UserError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017


def test_missing_file_and_folder(tmp_path, user_error):
    with user_error("none.pkl", "cannot be read"):
        load_plain(tmp_path / "none.pkl")
    with user_error(str(tmp_path), "cannot be read"):
        load_plain(tmp_path)


def test_nothing_is_imported(load, user_error):
    sys.modules.pop("this", None)
    with user_error("this.s"):
        load(b"cthis\ns\n.")
    assert "this" not in sys.modules
    assert builtins.eval("1 + 1") == 2
