"""The patch on the real hosts: it applies to a clean clone, and there the metrics are those of ``run.py``, bit for bit.

The hosts' own code needs the packages of 2023; where transformers is newer, only applying and linting are tested.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hosts.helpers import patch, run_hosts, settings_in, shorten
from hosts.real_hosts import HOSTS, copy_host, make_data, make_runnable, needs_hosts, options, results
from hosts.standin_trees import SCRIPTS, git

import mia_plugins
from mia_plugins.hosts.facts.table import BY_SHORT_NAME

pytestmark = needs_hosts
DETECTORS = ("msp", "maxlogit", "energy", "ma", "vim", "residual")
# host, its options, ours
MODES = {
    "mmoir": [(["--method", "amess", "--test_mode", "ood_cls"], {"test_ood": True})]
    + [
        (
            ["--method", "amess", "--test_mode", "ood_det", "--ood_detection_method", name],
            {"test_ood": True, "test_mode": "ood_det", "ood_detection_method": name},
        )
        for name in DETECTORS
    ]
    + [(["--method", "amess", "--train_ood"], {"test_ood": True, "train_ood": True})],
    "mintrec2": [
        (["--method", name, "--config_file_name", name], {"test_ood": True, "train_ood": name.endswith("_ood")})
        for name in ("amess", "amess_ood")
    ],
    "mintrec": [(["--method", "amess"], {})],
    "mintood": [
        (
            ["--method", "amess", "--ood_detection_method", name],
            {"test_ood": True, "test_mode": "ood_det", "ood_detection_method": name},
        )
        for name in DETECTORS
    ],
}
RAW_LOGITS = ("maxlogit", "energy")  # MIntOOD hands these the logits, the others their sigmoid


def patched(kind, tmp_path):
    """A clean clone of a host with the patch applied."""
    name = BY_SHORT_NAME[kind].name
    before = git(Path(HOSTS) / name, "status", "--porcelain", "--ignored")
    patch(kind, tmp_path / "amess.patch", Path(HOSTS) / name)
    assert git(Path(HOSTS) / name, "status", "--porcelain", "--ignored") == before
    clone = copy_host(name, tmp_path / "a clone")
    git(clone, "am", "--quiet", str(tmp_path / "amess.patch"))
    return clone


@pytest.mark.parametrize("kind", sorted(BY_SHORT_NAME))
def test_patch_applies_to_a_clean_clone_and_passes_a_linter(kind, tmp_path):
    clone = patched(kind, tmp_path)
    files = git(clone, "diff", "--name-only", "--diff-filter=A", "HEAD~3", "--", "*.py").splitlines()
    assert len(files) >= 3
    for path in files:
        compile((clone / path).read_text(), path, "exec")
    pytest.importorskip("ruff")
    lint = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F", "--line-length", "124", *files]
    done = subprocess.run(lint, cwd=clone, capture_output=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", sorted(BY_SHORT_NAME))
def test_patched_host_equals_run_py(kind, tmp_path, backbone):
    transformers = pytest.importorskip("transformers")
    if not hasattr(transformers, "AdamW"):
        pytest.skip("the hosts' own code needs transformers 4")
    clone, data = patched(kind, tmp_path), make_data(tmp_path / "data", kind)
    make_runnable(clone, backbone)
    for config in clone.glob("configs/**/*amess*.py"):
        shorten(config, sentence_encoder=str(backbone), num_train_epochs=2)
    runs = []
    for i, (mode, _) in enumerate(MODES[kind]):
        extra = ["--train", "--save_results", "--results_file_name", f"{i}.csv", "--output_path", f"outputs{i}"]
        net = [] if kind == "mintrec" else ["--multimodal_method", mode[1]]
        runs.append((clone, SCRIPTS[kind], [*options(kind, data), *mode, *net, *extra]))
    run_hosts(runs, without_package=tmp_path / "blocked")
    for i, (mode, ours) in enumerate(MODES[kind]):
        name = (
            mode[3]
            if kind == "mintrec2"
            else {"mmoir": "amess_MIntRec2", "mintood": "amess_MIntRec"}.get(kind, "amess")
        )
        config = next(clone.glob(f"configs/**/{name}.py"))
        places = {f"{place}_path": str(tmp_path / f"ours{i}" / place) for place in ("results", "output", "log")}
        run = mia_plugins.run(
            method="amess",
            dataset=BY_SHORT_NAME[kind].datasets[0],
            data_path=str(data),
            text_backbone=str(backbone),
            train=True,
            seed=0,
            gpu_id="cpu",
            set={**settings_in(config), "length_batches": False},  # a host draws its batches itself
            **places,
            **ours,
        ).runs[0]
        row = results(clone / "results" / f"{i}.csv")[0]
        different: set = set()
        if kind == "mintood" and ours["ood_detection_method"] in RAW_LOGITS:
            different = {"auroc", "aupr_in", "aupr_out", "der", "eer", "fpr95"}
        compared = 0
        for key in set(row) & set(run.metrics) - different:
            assert float(row[key]) == round(run.metrics[key], 2), (mode, key)
            compared += 1
        assert compared >= 4
        for array in ("features", "y_pred", "y_true"):
            host = next((clone / f"outputs{i}").rglob(f"{array}.npy"))
            assert np.array_equal(np.load(host), run.arrays[array]), (mode, array)


@pytest.mark.parametrize("kind", ["mmoir", "mintrec2", "mintood"])
def test_saved_model_is_restored(kind, tmp_path, backbone):
    transformers = pytest.importorskip("transformers")
    if not hasattr(transformers, "AdamW"):
        pytest.skip("the hosts' own code needs transformers 4")
    clone, data = patched(kind, tmp_path), make_data(tmp_path / "data", kind)
    make_runnable(clone, backbone)
    for config in clone.glob("configs/**/*amess*.py"):
        shorten(config, sentence_encoder=str(backbone))
    detector = ["--ood_detection_method", "msp", "--multimodal_method", "amess", "--save_results"]
    config = ["--config_file_name", "amess"] if kind == "mintrec2" else []
    common = [*options(kind, data), "--method", "amess", *config, *detector]
    train = (clone, SCRIPTS[kind], [*common, "--train", "--save_model"])
    run_hosts([train, (clone, SCRIPTS[kind], common)], without_package=tmp_path / "blocked")
    first, second = results(clone / "results/results.csv")
    for key in ("acc", "f1", "rec"):
        assert first[key] == second[key]
    assert second[next(key for key in second if key.startswith("eval_"))] == ""
