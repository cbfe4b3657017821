"""The evaluation is light to import: the heavy libraries come when a function first needs them."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import importlib, pkgutil, sys
import mia_plugins.evaluation as room
names = [module.name for module in pkgutil.iter_modules(room.__path__)]
for name in names:
    importlib.import_module(f"{room.__name__}.{name}")
assert len(names) > 10, names
print(*sorted({"sklearn", "scipy", "torch", "pandas"} & set(sys.modules)))
"""


def test_no_module_loads_scikit_learn_scipy_or_torch():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
