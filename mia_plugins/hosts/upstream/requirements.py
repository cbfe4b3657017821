"""A host's ``requirements.txt`` with what a method needs: packages it lacks, and newer versions than it pins."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..install.edits import Text

#: of the packages that are released together with another, the versions for its lowest
TOGETHER = {("torch", "2.0"): {"torchvision": "0.15", "torchaudio": "2.0"}}
LINE = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:==\s*([\d.]+))?")


def add_requirements(text: Text, lowest: Mapping[str, str]) -> bool:
    """Changes the file; says whether it had to.

    Args:
        text: the file.
        lowest: package -> the lowest version that will do.
    """
    rows: dict[str, tuple[int, str]] = {}
    for row, line in enumerate(text.lines):
        match = LINE.match(line)
        if match:
            rows[normal(match[1])] = row, match[2] or ""
    changed = False
    missing: list[str] = []
    for name, version in lowest.items():
        row, pinned = rows.get(normal(name), (-1, ""))
        if row < 0:
            missing.append(f"{name}>={version}")
        elif pinned and numbers(pinned) < numbers(version):
            for other, needed in {name: version, **TOGETHER.get((name, version), {})}.items():
                place, old = rows.get(normal(other), (-1, ""))
                if old:
                    text.lines[place] = f"{other}>={needed}" + "\r" * text.lines[place].endswith("\r")
            changed = True
    if missing:
        text.append(missing)
    return changed or bool(missing)


def normal(name: str) -> str:
    """A package's name as pip compares it.

    >>> normal("Sentence_Transformers")
    'sentence-transformers'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def numbers(version: str) -> tuple[int, ...]:
    """A version to be compared.

    >>> numbers("1.13.1") < numbers("2.0")
    True
    """
    return tuple(int(part) for part in version.split(".") if part)
