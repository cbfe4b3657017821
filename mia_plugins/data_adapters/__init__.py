"""Leaf packages of the top-level ``data_adapters/`` folder, under a name no benchmark uses.

A wheel and an editable install map each leaf here (see ``setup.py``). From a bare checkout the sibling folder is
appended to ``__path__``; a top-level package called ``data_adapters`` would hide a benchmark's own.
"""

from pathlib import Path

_checkout = Path(__file__).resolve().parents[2]
if (_checkout / "setup.py").is_file():
    __path__.append(str(_checkout / "data_adapters"))
