"""Leaf packages of the top-level ``configs/`` folder, under a name no benchmark uses.

A wheel and an editable install map each leaf here (see ``setup.py``). From a bare checkout the sibling folder is
appended to ``__path__``; a top-level package called ``configs`` would hide a benchmark's own.
"""

from pathlib import Path

_checkout = Path(__file__).resolve().parents[2]
if (_checkout / "setup.py").is_file():
    __path__.append(str(_checkout / "configs"))
