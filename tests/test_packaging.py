"""The leaf packages are found from a wheel and from a bare checkout, and hide nothing of a benchmark's."""

import os
import subprocess
import sys
import zipfile

import pytest
from tiny import ROOT


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A folder with top-level ``methods`` and ``configs`` without __init__.py, as the benchmarks have them."""
    folder = tmp_path_factory.mktemp("host with a space")
    (folder / "methods").mkdir()
    (folder / "configs").mkdir()
    (folder / "configs" / "base.py").write_text("")
    (folder / "probe.py").write_text(
        "import importlib, configs.base, methods.own, mia_plugins.methods.amess, mia_plugins.configs.amess.amess_MIntRec2\n"
        "import mia_plugins.data_adapters.mintrec, mia_plugins.methods.text\n"
        "print(methods.own.name, mia_plugins.methods.amess.METHOD.name)\n"
    )
    (folder / "methods" / "own.py").write_text("name = 'theirs'\n")
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    if not files:
        pytest.skip("not a git checkout")
    for name in files:  # a build in the checkout itself would leave folders there
        if (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "source" / name).write_bytes((ROOT / name).read_bytes())
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        folder / "source",
    ]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as file:
        file.extractall(folder / "site")
    return folder / "site"


def probe(host, path):
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run([sys.executable, "probe.py"], cwd=host, env=environment, capture_output=True, text=True)


def test_checkout_beside_a_host(host):
    done = probe(host, ROOT)
    assert done.stdout == "theirs amess\n", done.stderr


def test_wheel_beside_a_host(host, wheel):
    done = probe(host, wheel)
    assert done.stdout == "theirs amess\n", done.stderr


def test_wheel_holds_what_it_needs_and_no_top_level_of_a_host(wheel):
    assert {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")} == {"mia_plugins"}
    assert (wheel / "mia_plugins" / "methods" / "amess" / "descriptions.json").is_file()
    assert (wheel / "mia_plugins" / "py.typed").is_file()
