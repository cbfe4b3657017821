"""Installing into the real hosts, running their own script there, and taking it out again to the byte."""

from pathlib import Path

import pytest
from hosts.helpers import command, run_hosts
from hosts.real_hosts import copy_host, make_data, make_runnable, needs_hosts, options, results
from hosts.standin_trees import SCRIPTS, commit, contents, git

from mia_plugins.hosts.facts.table import BY_SHORT_NAME

pytestmark = needs_hosts


@pytest.mark.parametrize(
    ("kind", "method", "name"),  # the plugin's name here and there: mag_bert, misa, tcl_map are the hosts' own
    [
        *((kind, "amess", "amess") for kind in sorted(BY_SHORT_NAME)),
        ("mmoir", "mag_bert", "mia_mag_bert"),
        ("mintrec2", "mult", "mia_mult"),
        ("mintrec", "misa", "mia_misa"),
        ("mmoir", "tcl_map", "mia_tcl_map"),
        ("mintrec2", "cagc", "cagc"),
        ("mintrec", "miar", "miar"),
    ],
)
def test_install_run_uninstall(kind, method, name, tmp_path, backbone):
    host = copy_host(BY_SHORT_NAME[kind].name, tmp_path / "a clone")
    data = make_data(tmp_path / "data", kind)
    make_runnable(host, backbone)
    commit(host)  # a user's own commit on top of the known one needs no --force
    before = contents(host)
    assert command("install", host, "--method", method) == 0
    installed = contents(host)
    values = {"num_train_epochs": 1}
    if method == "amess":
        values.update(num_anchors=3, sentence_encoder=str(backbone))
    for config in host.glob(f"configs/**/{name}*.py"):
        config.write_text(config.read_text().replace('")\n', f'", overrides={values})\n'))
    config = ["--config_file_name", name] if kind == "mintrec2" else []
    score = "vim" if method == "amess" else "ma"  # vim needs features wider than there are labels
    detector = [] if kind == "mintrec" else ["--multimodal_method", name, "--ood_detection_method", score]
    places = [part for place in ("results", "output", "log") for part in (f"--{place}_path", tmp_path / place)]
    chosen = [option.replace("amess", name) for option in options(kind, data)]
    run = [*chosen, "--method", name, *config, *detector, *places, "--train", "--save_results"]
    run_hosts([(host, SCRIPTS[kind], run)])
    assert "acc" in results(tmp_path / "results/results.csv")[0]
    for path, (raw, _) in installed.items():  # the test's own change of the settings goes first
        Path(host / path).write_bytes(raw)
    assert command("uninstall", host) == 0
    assert contents(host) == before
    assert git(host, "status", "--porcelain") == ""
