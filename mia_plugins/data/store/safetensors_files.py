"""Tensors in a ``.safetensors`` file, one in memory at a time.

The file is 8 bytes with the length of a JSON header, the header (name -> type, shape, place), and raw values. Read here
because the library maps the whole file, and gives numpy no bfloat16.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .torch_files import from_bfloat16

_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
}
_TYPES.update({"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1"})
_LONGEST = 100_000_000  # bytes of a header, by the format's definition


def read_safetensors(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """The tensors of a file by name, in the order of its header.

    Raises:
        Exception: the file is damaged, or a tensor does not hold numbers.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, _LONGEST):
            raise ValueError("the header is longer than the file")
        header = json.loads(file.read(length).decode(), object_pairs_hook=_once)
        header.pop("__metadata__", None)
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            shape, dtype = entry["shape"], _TYPES.get(entry["dtype"])
            if dtype is None:
                raise ValueError(f"{ascii(name)[:80]} holds {ascii(entry['dtype'])[:20]}, not numbers")
            if not all(type(n) is int and n >= 0 for n in [start, end, *shape]):
                raise ValueError(f"{ascii(name)[:80]} has no valid shape or place")
            if not (end - start == math.prod(shape) * np.dtype(dtype).itemsize and end <= size - 8 - length):
                raise ValueError(f"{ascii(name)[:80]} does not lie inside the file")
            file.seek(8 + length + start)
            array = np.frombuffer(file.read(end - start), dtype).reshape(shape)
            yield name, from_bfloat16(array) if entry["dtype"] == "BF16" else array


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name occurs twice in the header")
    return table
