"""A patched stand-in gives the metrics of ``run.py``, bit for bit, without this package."""

import re

import numpy as np
from hosts.helpers import patch, run_hosts, settings_in, shorten
from hosts.standin_trees import CONFIGS, DATASETS, commit, git
from hosts.standins import make_data, make_standin

import mia_plugins
from mia_plugins.hosts.facts.table import BY_SHORT_NAME

KINDS = {
    "mmoir": (["--test_ood", "--train_ood", "--dialogue_mode", "single_turn"], {"test_ood": True, "train_ood": True}),
    "mintrec2": (["--ood", "--video_feats", "swin-roi"], {"test_ood": True}),
    "mintrec": ([], {}),
    "mintood": (["--ood", "--ood_detection_method", "msp"], {"test_ood": True, "test_mode": "ood_det"}),
}


def make_host(folder, kind, backbone):
    """A stand-in that runs by itself on today's packages, with one seed, as a git repository."""
    make_standin(folder, BY_SHORT_NAME[kind].name)
    for path in folder.rglob("*.py"):
        text = path.read_text().replace("/nowhere/bert", str(backbone)).replace(".append(pd", "._append(pd")
        text = text.replace("from transformers import AdamW", "AdamW = None")
        path.write_text(re.sub(r"\[[04], 1\]", "[1]", text))
    if kind == "mintrec":  # loads its tokenizer by this name
        (folder / "bert-base-uncased").symlink_to(backbone)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def test_metrics_are_those_of_run_py(tmp_path, backbone):
    runs, data = [], {}
    for kind, (options, _) in KINDS.items():
        folder = make_host(tmp_path / kind, kind, backbone)
        data[kind] = make_data(tmp_path / f"data {kind}", BY_SHORT_NAME[kind].name)
        patch(kind, tmp_path / f"{kind}.patch", folder)
        git(folder, "am", "--quiet", str(tmp_path / f"{kind}.patch"))
        for config in folder.glob("configs/**/*amess*.py"):
            shorten(config, sentence_encoder=str(backbone), num_train_epochs=2)
        net = [] if kind == "mintrec" else ["--multimodal_method", "amess"]
        names = ["--method", "amess", "--dataset", DATASETS[kind], "--config_file_name", CONFIGS[kind], "--seed", "1"]
        ood = [] if kind == "mintrec" else ["--ood_dataset", f"{DATASETS[kind]}-OOD"]
        script = BY_SHORT_NAME[kind].script
        places = ["--data_path", data[kind], "--text_backbone", "bert-base-uncased", "--train", "--save_results"]
        runs.append((folder, script, [*names, *net, *ood, *places, *options]))
    run_hosts(runs, without_package=tmp_path / "blocked")
    for kind, (_, ours) in KINDS.items():
        config = next((tmp_path / kind).glob(f"configs/**/{CONFIGS[kind]}.py"))
        places = {f"{place}_path": str(tmp_path / f"ours {kind}" / place) for place in ("results", "output", "log")}
        detector = {"ood_detection_method": "msp"} if kind == "mintood" else {}
        run = mia_plugins.run(
            method="amess",
            dataset=DATASETS[kind],
            data_path=str(data[kind].parent if kind == "mintrec2" else data[kind]),
            text_backbone=str(backbone),
            train=True,
            seed=1,
            gpu_id="cpu",
            set={**settings_in(config), "length_batches": False},
            **places,
            **ours,
            **detector,
        ).runs[0]
        for name in ("features", "y_pred", "y_true"):
            assert np.array_equal(np.load(tmp_path / kind / "outputs" / f"{name}.npy"), run.arrays[name]), (kind, name)
        assert len(np.unique(run.arrays["features"])) > 100
