"""What only lists, shows help or reports starts at once: no heavy package is imported."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tiny import ROOT

COMMANDS = {
    "mia-plugins --help": ("mia_plugins.cli", ["--help"]),
    "mia-plugins report": ("mia_plugins.cli", ["report", "runs", "-o", "out"]),
    "mia-plugins report --help": ("mia_plugins.cli", ["report", "--help"]),
    "mia-plugins reproduce --help": ("mia_plugins.cli", ["reproduce", "--help"]),
    "run.py --help": ("mia_plugins.__main__", ["--help"]),
}
PROBE = """
import sys
from importlib import import_module
module, *words = sys.argv[1:]
try:
    code = import_module(module).main(words)
except SystemExit as stop:
    code = stop.code
heavy = {"torch", "transformers", "sentence_transformers", "sklearn", "scipy", "matplotlib", "pandas", "optuna"}
print("heavy:", code or 0, *sorted(heavy & set(sys.modules)))
"""


def imported(folder, module, words):
    words = [str(folder / word) if word in ("runs", "out") else word for word in words]
    command = [sys.executable, "-c", PROBE, module, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    code, *names = done.stdout.splitlines()[-1].partition("heavy:")[2].split()
    return int(code), set(names), done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of A-MESS as ``--save_results`` leaves it, with four test clips."""
    root = tmp_path_factory.mktemp("light")
    run = root / "runs" / "one"
    run.mkdir(parents=True)
    record = {"method": "amess", "dataset": "MIntRec2.0", "seed": 0, "settings": {"num_anchors": 2}}
    record |= {"labels": ["Thank", "Warn"], "metrics": {"acc": 75.0, "f1": 70.0}}
    (run / "run.json").write_text(json.dumps(record))
    np.save(run / "y_true.npy", np.array([0, 0, 1, 1]))
    np.save(run / "y_pred.npy", np.array([0, 0, 1, 0]))
    return root


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_starts_without_the_heavy_packages(folder, name):
    if name == "mia-plugins report":
        pytest.importorskip("matplotlib")
    code, names, done = imported(folder, *COMMANDS[name])
    assert code == 0, done.stderr
    allowed = (
        {"matplotlib", "scipy", "sklearn", "pandas"} if name == "mia-plugins report" else set()
    )  # it draws and computes
    assert names <= allowed


def test_methods_and_their_settings_are_known_without_torch():
    probe = (
        "import sys\n"
        "from mia_plugins.plugin.registry import find_method\n"
        "from mia_plugins.plugin.settings import describe\n"
        "for name in ('amess', 'text'):\n"
        "    describe(find_method(name).settings)\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
