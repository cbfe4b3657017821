"""Small hosts for the tests: the real ones' files, maps and calls, with code of this project and made-up data.

Each is a git repository whose run script trains and tests. The conventions are the real hosts': a second module
``configs.__init__``, maps without a last comma or newline, batches padded to the longest clip there may be, in float64.
"""

import subprocess
from pathlib import Path

from hosts.standin_tree_sources import (
    BENCHMARKS,
    CONFIG_BASE,
    DATA,
    DETECTION,
    DETECTORS,
    FUNCTIONS,
    LOADERS,
    METHODS_MAP,
    METRICS,
    MODELS,
    NETS_MAP,
    OPEN_SET,
    OTHER_METHOD,
    OTHER_NET,
    README,
    RUN,
)

SCRIPTS = {"mmoir": "run.py", "mintrec2": "run_single_turn.py", "mintrec": "run.py", "mintood": "run.py"}
DATASETS = {"mmoir": "MIntRec2.0", "mintrec2": "MIntRec2.0", "mintrec": "MIntRec", "mintood": "MIntRec"}
CONFIGS = {"mmoir": "amess_MIntRec2", "mintrec2": "amess", "mintrec": "amess", "mintood": "amess_MIntRec"}


def make_tree(folder, kind, bert="/nowhere/bert"):
    """Writes the stand-in of a host (``mmoir``, ``mintrec2``, ``mintrec`` or ``mintood``) and commits it."""
    sub = "/single_turn" if kind == "mintrec2" else ""
    dotted = sub.replace("/", ".")
    methods = "methods/single_turn" if kind in ("mmoir", "mintrec2") else "methods"
    first = kind == "mintrec"  # the oldest: no tables of paths, no lengths, its map in a second module
    nets, nets_map = ("backbones", "methods_map") if first else (f"backbones{sub}/FusionNets", "multimodal_methods_map")
    oldest_data = (
        "from .utils import get_dataloader\n        self.mm_data = self.__dict__.pop('data')\n"
        "        self.mm_dataloader = get_dataloader(args, self.mm_data)"
    )
    tables = f"pretrained_models_path = {{\n    'bert-base-uncased': {str(bert)!r}\n}}\n"
    tables += "video_feats_path = {}\naudio_feats_path = {}\nfeat_dims = {}\n"
    files = {
        "README.md": README[kind],
        "requirements.txt": "torch\ntransformers",
        "utils/functions.py": FUNCTIONS,
        "utils/metrics.py": METRICS,
        f"configs{sub}/__init__.py": "" if first else tables,
        f"configs{sub}/base.py": fill(
            CONFIG_BASE,
            TABLES="" if first else "from .__init__ import pretrained_models_path",
            PACKAGE='"configs.single_turn." + args.method' if kind == "mmoir" else repr(f"configs{dotted}"),
            FOUND="" if first else "self.args.text_pretrained_model = pretrained_models_path[args.text_backbone]",
        ),
        f"data{sub}/__init__.py": fill(BENCHMARKS, DATASET=DATASETS[kind]),
        f"data{sub}/base.py": fill(
            DATA,
            OOS="[]" if first else "[4] * 4",
            LENGTHS="" if first else 'sample[f"{kind}_lengths"] = torch.tensor(frames)',
            FINISH=oldest_data if first else "",
        ),
        f"data{sub}/utils.py": LOADERS,
        f"backbones{sub}/base.py": fill(
            MODELS,
            MAPS="backbones.__init__" if first else nets.replace("/", "."),
            NETS=nets_map,
            KEY="method" if first else "multimodal_method",
            BUILD="self.model = self._set_model(args)" if kind in ("mintrec", "mintrec2") else "",
        ),
        f"{nets}/__init__.py": fill(NETS_MAP, PLACE=".FusionNets.MAG_BERT" if first else ".MAG_BERT", NETS=nets_map),
        f"backbones{sub}/FusionNets/MAG_BERT.py": OTHER_NET,
        f"{methods}/__init__.py": METHODS_MAP,
        f"{methods}/MAG_BERT/manager.py": OTHER_METHOD,
        SCRIPTS[kind]: fill(
            RUN,
            CONFIGS=f"configs{dotted}",
            DATA=f"data{dotted}",
            METHODS=methods.replace("/", "."),
            MODELS=f"backbones{dotted}",
            SWITCHES={"mmoir": '"train_ood", "test_ood"', "mintrec": '"unused"'}.get(kind, '"ood"'),
        ),
    }
    if kind == "mmoir":
        files["evaluation/__init__.py"] = ""
        files["evaluation/oos_cls.py"], files["evaluation/ood_det.py"] = OPEN_SET, DETECTION
        files["evaluation/score_func/__init__.py"] = DETECTORS
    if kind == "mintood":
        files["ood_detection/__init__.py"] = DETECTORS
    folder = Path(folder)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.lstrip("\n").encode())
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def fill(text, **words):
    """The text with its words in capitals replaced."""
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def git(folder, *arguments):
    """Output of a git command; fails the test where it fails."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, "-C", str(folder), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder):
    """Commits everything."""
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", "stand-in")


def contents(folder):
    """Every file of a checkout but git's own, with its bytes and permissions."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
