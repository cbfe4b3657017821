"""Small hosts with the conventions of the real ones, written for the tests; nothing of the real ones' code is here.

Kept: the second module ``configs.__init__``, maps imported before or after the command line is read, lists of seeds,
list-valued grids, ``MMDataset`` items padded in float64, results tables that grow by ``append``, a method of the host's
own that imports ``transformers.AdamW``.
"""

from __future__ import annotations

import csv
import pickle
from pathlib import Path

import numpy as np
from hosts.standin_scripts import (
    DETECTORS,
    DOC,
    EACH_SEED,
    MINTREC_MAIN,
    MINTREC_RUN,
    MMOIR_MAIN,
    ONE_SEED,
    OPTIONS,
    SCRIPT,
    SEEDED_MAIN,
)
from hosts.standin_sources import (
    CONFIG_BASE,
    DATA_BASE,
    DATA_UTILS,
    FUNCTIONS,
    METRICS,
    MINTREC_CONFIG_BASE,
    MODEL_MANAGER,
    OWN,
    TABLES,
)
from tiny import make_mintrec2


def write(folder: Path, files: dict[str, str], **words: str) -> None:
    """Writes files with words in capitals replaced."""
    for name, text in files.items():
        for word, value in sorted(words.items(), key=lambda item: -len(item[0])):
            text = text.replace(word, value)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"), encoding="utf-8")


def make_standin(folder: Path, name: str) -> Path:
    """A stand-in for a host, by the host's name."""
    single = "single_turn/" if name in ("MMOIR", "MIntRec2.0") else ""
    data_single = "single_turn/" if name == "MIntRec2.0" else ""
    methods = f"methods/{single}"
    two = name in ("MMOIR", "MIntRec2.0")
    from mia_plugins.data_adapters.mintrec import ADAPTER as mintrec
    from mia_plugins.data_adapters.mintrec2 import ADAPTER as mintrec2

    labels = repr(list(mintrec2.labels if two else mintrec.labels))
    options = OPTIONS.replace("BACKBONE", "bert" if name == "MIntOOD" else "bert-base-uncased")
    if name != "MIntRec":
        options += " multimodal_method=MAG ood_dataset=MIntRec-OOD ood_detection_method=MAG"
    if two:
        options += f" video_feats={'swin-roi' if name == 'MMOIR' else 'resnet50-roi'} audio_feats=wavlm"
    else:
        options += " video_feats_path=video_feats.pkl audio_feats_path=audio_feats.pkl"
    if name == "MMOIR":
        options += " dialogue_mode=multi_turn test_mode=ood_cls test_ood! train_ood!"
    if name in ("MIntRec2.0", "MIntOOD"):
        options += " ood!"
    more = {
        "MMOIR": 'out = os.path.join(args.data_path, args.dataset, "out-of-scope", args.ood_dataset)\n'
        "        if args.train_ood:\n"
        '            data.update(ood_train=self.read(out, "train"), ood_dev=self.read(out, "dev"))\n'
        "        if args.test_ood:\n"
        '            data["test"] += self.read(out, "test")',
        "MIntRec2.0": 'out = os.path.join(args.data_path, "out-of-scope", args.ood_dataset)\n'
        '        data["test"] += self.read(out, "test")\n'
        '        data.update(ood_train=self.read(out, "train"), ood_dev=self.read(out, "dev"))',
        "MIntRec": "pass",
        "MIntOOD": 'data["test"] += self.read(os.path.join(args.data_path, args.ood_dataset), "test")',
    }[name]
    places = {
        "MMOIR": 'os.path.join(args.data_path, args.dataset, "in-scope")',
        "MIntRec2.0": 'os.path.join(args.data_path, "in-scope")',
    }
    files = {
        "utils/__init__.py": "",
        "utils/functions.py": FUNCTIONS,
        "utils/metrics.py": METRICS,
        f"{methods}__init__.py": "from .OWN.manager import OWNER\n\nmethod_map = {\n    KEYS}\n",
        f"{methods}OWN/manager.py": OWN,
        f"data/{data_single}__init__.py": "benchmarks = {'DATASET': {'intent_labels': LABELS, 'max_seq_lengths': {}}}\n",
        f"data/{data_single}base.py": DATA_BASE,
        f"data/{data_single}utils.py": DATA_UTILS,
        f"backbones/{data_single}base.py": MODEL_MANAGER,
        f"configs/{data_single}__init__.py": "" if name == "MIntRec" else TABLES,
        f"configs/{data_single}base.py": MINTREC_CONFIG_BASE if name == "MIntRec" else CONFIG_BASE,
        f"configs/{single}{'own/' if name == 'MMOIR' else ''}own.py": (
            "class Param:\n    common_param = {}\n\n    def __init__(self, args):\n"
            "        self.hyper_param = {'train_batch_size': 4, 'eval_batch_size': EACH}\n"
        ),
        "run_single_turn.py" if name == "MIntRec2.0" else "run.py": SCRIPT,
    }
    nets = "__init__" if name == "MIntRec" else "FusionNets"
    which = "methods_map" if name == "MIntRec" else "multimodal_methods_map"
    if name == "MIntRec":
        files["backbones/__init__.py"] = "methods_map = {'own': lambda args: __import__('torch').nn.Identity()}\n"
    else:
        files[f"backbones/{data_single}FusionNets/__init__.py"] = (
            "multimodal_methods_map = {'own': lambda args: __import__('torch').nn.Identity()}\n"
        )
    bound = "(lambda x: 0 <= x.min() and x.max() <= 1)" if name == "MMOIR" else "(lambda x: x.min() < 0)"
    if name == "MMOIR":
        files["evaluation/oos_cls.py"] = DOC
        files["evaluation/score_func/__init__.py"] = DETECTORS
    if name == "MIntOOD":
        files["ood_detection/__init__.py"] = DETECTORS
        files["losses/__init__.py"] = ""
    if name == "MIntRec2.0":
        files = {key.replace("OWN/", "MAG_BERT/"): text for key, text in files.items()}
    keys = {"MIntRec2.0": "'mag_bert': MAG_BERT, 'own': MAG_BERT, 'text': MAG_BERT", "MMOIR": "'own': OWNER"}
    owner = "MAG_BERT" if name == "MIntRec2.0" else "OWNER"
    top = "" if name == "MMOIR" else f"from {methods.strip('/').replace('/', '.')} import method_map"
    write(
        folder,
        files,
        LONGEST="50, 180, 400" if two else "30, 230, 480",
        EACH="4" if name == "MIntRec" else "[4]",  # that one takes lists only with --tune
        NEEDED='results["best_eval_score"]' if name == "MIntRec" else "pass",
        APPEND="_append" if name == "MMOIR" else "append",
        VIDEO="swin_roi_binary.pkl" if name == "MIntRec2.0" else "swin_roi.pkl",
        AUDIO="wavlm_feats_binary.pkl" if name == "MIntRec2.0" else "wavlm_feats.pkl",
        TABLES=(
            "from .__init__ import audio_feats_path, video_feats_path\n"
            "        args.video_feats_path = video_feats_path[args.video_feats]\n"
            "        args.audio_feats_path = audio_feats_path[args.audio_feats]"
            if two
            else "pass"
        ),
        PACKAGE='"configs.single_turn." + args.method'
        if name == "MMOIR"
        else repr(f"configs.{single}".strip("/.").replace("/", ".")),
        OOD_ID="pass" if name == "MIntRec" else "args.ood_label_id = args.num_labels",
        TOKENIZER="'bert-base-uncased'" if name == "MIntRec" else "args.text_pretrained_model",
        PLACE=places.get(name, "os.path.join(args.data_path, args.dataset)"),
        MORE=more,
        LOADERS="from .utils import get_dataloader; self.mm_dataloader = get_dataloader(args, self.mm_data); del self.data"
        if name == "MIntRec"
        else "pass",
        SQUEEZE="found.squeeze(1) if kind == 'video' else found" if not two else "found",
        KEY="'dia' + line[0] + '_utt' + line[1]" if two else "'_'.join(line[:3])",
        TEXT="2" if two else "3",
        LABEL="3" if two else "4",
        LENGTHS="pass" if name == "MIntRec" else "row.update(video_lengths=video_length, audio_lengths=audio_length)",
        NETS=nets,
        MAP=which,
        NAME="method" if name == "MIntRec" else "multimodal_method",
        BUILD="pass" if name in ("MMOIR", "MIntOOD") else "self.model = MIA(args)",
        METHODS=methods.strip("/").replace("/", "."),
        BOUND=bound,
        KEYS=keys.get(name, "'own': OWNER, 'text': OWNER"),
        OWNER=owner,
        OWN="MAG_BERT" if name == "MIntRec2.0" else "OWN",
        DATASET="MIntRec2.0" if two else "MIntRec",
        LABELS=labels,
        TOP=top,
        SINGLE=data_single.replace("/", "."),
        IMPORTS="ParamManager" if name == "MIntRec" else "ParamManager, add_config_param",
        OPTIONS=options,
        TIME='"_" + time' if name == "MIntRec" else '""',
        OUTPUT="args.logger_name + str(args.seed)"
        if name == "MIntRec"
        else "f'{args.method}_{args.dataset}_{args.seed}'",
        RUN={"MMOIR": EACH_SEED, "MIntRec": MINTREC_RUN}.get(name, ONE_SEED).strip(),
        MAIN={"MMOIR": MMOIR_MAIN, "MIntRec": MINTREC_MAIN}.get(name, SEEDED_MAIN).strip(),
    )
    return folder


def make_data(folder: Path, name: str) -> Path:
    """Data for a stand-in; returns its ``--data_path``."""
    if name in ("MMOIR", "MIntRec2.0"):
        make_mintrec2(folder)
        for path in folder.rglob("*.pkl") if name == "MIntRec2.0" else ():
            path.rename(path.with_name(f"{path.stem}_binary.pkl"))
        return folder / "MIntRec2.0" if name == "MIntRec2.0" else folder
    from mia_plugins.data_adapters.mintrec import ADAPTER

    draws = np.random.default_rng(0)
    for scope, labels in {"MIntRec": ADAPTER.labels, "MIntRec-OOD": ("UNK",) * 4}.items():
        place, features, number = folder / scope, {"video": {}, "audio": {}}, 0
        place.mkdir(parents=True)
        for split in ("train", "dev", "test"):
            rows = []
            for label in labels * 2:
                number += 1
                row = ["S01", scope, str(number), f"{draws.choice(['thanks', 'no', 'help'])} you", label]
                rows.append(row)
                key = "_".join(row[:3])
                video = draws.normal(size=(draws.integers(1, 9), 6)).astype(np.float32)
                features["video"][key] = [frame[None] for frame in video]
                features["audio"][key] = draws.normal(size=(draws.integers(1, 12), 10)).astype(np.float32)
            with open(place / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
                header = ["season", "episode", "clip", "text", "label"]
                csv.writer(file, delimiter="\t", lineterminator="\n").writerows([header, *rows])
        for kind, table in features.items():
            (place / f"{kind}_data").mkdir()
            (place / f"{kind}_data" / f"{kind}_feats.pkl").write_bytes(pickle.dumps(table, protocol=4))
    return folder
