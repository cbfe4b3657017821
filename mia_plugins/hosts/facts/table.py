"""What is known of each host: where its parts are, what tells it from the others, what its command line needs.

Found by running the hosts (see ``docs/hosts.md``); :mod:`.detect` checks the facts against the files of a checkout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Host:
    """One benchmark repository.

    Args:
        name: as its repository is called.
        commit: the newest commit that was run here.
        script: the script a user runs.
        facts: file -> names it defines at the top level; what this package touches, and what tells the hosts apart.
        own: the file of ``facts`` that no other host has.
        packages: its top-level packages, which must not be hidden by others of that name.
        methods: module that holds ``method_map``.
        fusion: module and name of the map that the host's model manager builds nets from.
        configs: package of a method's config modules, with ``{method}``.
        tables: module of the tables of pre-trained models and feature files; empty: the host has none.
        benchmarks: module of the table of data sets.
        loaders: module of ``get_dataloader``; empty: the data manager holds the loaders.
        detectors: module of ``ood_detection_map``; empty: none.
        raw_logits: whether the detectors take logits as they are, or their sigmoid.
        doc: where DOC lives: a module, or the class behind a name of ``method_map`` (``map:NAME``).
        datasets: usable data sets, the usual one first.
        dataset_is_path: ``--data_path`` is the data set's own folder, not its parent.
        fills: option -> what it gets when left out; ``""`` for a switch.
        seeds: whether the script runs a list of seeds of its own and ignores ``--seed``.
        two_arguments: first words of method names that are called with ``(args, data)`` alone.
        name_tables: the pre-trained model is loaded by its name, not by a path from ``tables``.
        common_param: configs have ``common_param`` beside ``hyper_param``.
        notes: what else a user should know, one sentence each.
    """

    name: str
    commit: str
    script: str
    facts: Mapping[str, tuple[str, ...]]
    own: str
    packages: tuple[str, ...]
    methods: str
    fusion: tuple[str, str]
    configs: str
    benchmarks: str
    datasets: tuple[str, ...]
    tables: str = ""
    loaders: str = ""
    detectors: str = ""
    raw_logits: bool = False
    doc: str = ""
    dataset_is_path: bool = False
    fills: Mapping[str, str] = field(default_factory=dict)
    seeds: bool = True
    two_arguments: tuple[str, ...] = ("text",)
    name_tables: bool = False
    common_param: bool = False
    notes: tuple[str, ...] = ()


SCRIPT = ("parse_arguments", "set_logger", "work", "run")
COMMON = {
    "utils/functions.py": ("set_torch_seed", "save_results", "set_output_path"),
    "utils/metrics.py": ("Metrics",),
}

MMOIR = Host(
    name="MMOIR",
    commit="0216cb385459e8bc6369c38dd7c94e8effeaadd6",
    script="run.py",
    facts={
        **COMMON,
        "run.py": SCRIPT,
        "configs/__init__.py": ("pretrained_models_path", "video_feats_path", "audio_feats_path", "feat_dims"),
        "configs/base.py": ("ParamManager", "add_config_param"),
        "data/__init__.py": ("benchmarks",),
        "data/base.py": ("DataManager",),
        "data/utils.py": ("get_dataloader", "padding"),
        "backbones/base.py": ("ModelManager",),
        "backbones/FusionNets/__init__.py": ("multimodal_methods_map",),
        "methods/single_turn/__init__.py": ("method_map",),
        "evaluation/oos_cls.py": ("doc_classification",),
        "evaluation/score_func/__init__.py": ("ood_detection_map",),
    },
    own="evaluation/oos_cls.py",
    packages=("configs", "data", "methods", "backbones", "utils", "evaluation"),
    methods="methods.single_turn",
    fusion=("backbones.FusionNets", "multimodal_methods_map"),
    configs="configs.single_turn.{method}",
    tables="configs.__init__",
    benchmarks="data.__init__",
    loaders="data.utils",
    detectors="evaluation.score_func",
    doc="evaluation.oos_cls",
    datasets=("MIntRec2.0", "MIntRec"),
    fills={"--dialogue_mode": "single_turn", "--text_backbone": "bert-base-uncased"},
)

MINTREC2 = Host(
    name="MIntRec2.0",
    commit="38cb8bf1841cfb9b410aa6a8731394ca5ba74a39",
    script="run_single_turn.py",
    facts={
        **COMMON,
        "run_single_turn.py": SCRIPT,
        "configs/single_turn/__init__.py": ("pretrained_models_path", "video_feats_path", "audio_feats_path"),
        "configs/single_turn/base.py": ("ParamManager", "add_config_param"),
        "data/single_turn/__init__.py": ("benchmarks",),
        "data/single_turn/base.py": ("DataManager",),
        "data/single_turn/utils.py": ("get_dataloader", "padding"),
        "backbones/single_turn/base.py": ("ModelManager",),
        "backbones/single_turn/FusionNets/__init__.py": ("multimodal_methods_map",),
        "methods/single_turn/__init__.py": ("method_map",),
        "methods/single_turn/MAG_BERT/manager.py": ("MAG_BERT",),
    },
    own="run_single_turn.py",
    packages=("configs", "data", "methods", "backbones", "utils"),
    methods="methods.single_turn",
    fusion=("backbones.single_turn.FusionNets", "multimodal_methods_map"),
    configs="configs.single_turn",
    tables="configs.single_turn.__init__",
    benchmarks="data.single_turn.__init__",
    loaders="data.single_turn.utils",
    doc="map:mag_bert",
    datasets=("MIntRec2.0",),
    dataset_is_path=True,
    fills={
        "--text_backbone": "bert-base-uncased",
        "--video_feats": "swin-roi",
        "--audio_feats": "wavlm",
        "--ood": "",
        "--output_path": "outputs",
    },
    two_arguments=("text", "video", "xclip", "audio"),
    notes=("It has no score functions: --ood_detection_method only names the log.",),
)

MINTREC = Host(
    name="MIntRec",
    commit="8d30e9b0b1df855a2957b2dc3986eaddea3df61a",
    script="run.py",
    facts={
        **COMMON,
        "run.py": ("parse_arguments", "set_logger", "run"),
        "configs/base.py": ("ParamManager",),
        "data/__init__.py": ("benchmarks",),
        "data/base.py": ("DataManager",),
        "backbones/__init__.py": ("methods_map",),
        "backbones/base.py": ("ModelManager",),
        "methods/__init__.py": ("method_map",),
    },
    own="backbones/__init__.py",
    packages=("configs", "data", "methods", "backbones", "utils"),
    methods="methods",
    fusion=("backbones.__init__", "methods_map"),
    configs="configs",
    benchmarks="data.__init__",
    datasets=("MIntRec",),
    fills={"--text_backbone": "bert-base-uncased"},
    seeds=False,
    name_tables=True,
    common_param=True,
    notes=(
        "Testing without --train finds no model: its output folder is named by the time; an absolute folder as "
        "--model_path, at training and at testing, gets around that.",
        "Video features must be (T, 1, width) arrays or lists of (1, width) ones, shorter than 230 frames.",
        "It has no out-of-scope clips.",
    ),
)

MINTOOD = Host(
    name="MIntOOD",
    commit="ad0cd88980c970366491a3d17268932b86bdeed1",
    script="run.py",
    facts={
        **COMMON,
        "run.py": SCRIPT,
        "configs/__init__.py": ("pretrained_models_path",),
        "configs/base.py": ("ParamManager", "add_config_param"),
        "data/__init__.py": ("benchmarks",),
        "data/base.py": ("DataManager",),
        "data/utils.py": ("get_dataloader", "padding"),
        "backbones/base.py": ("ModelManager",),
        "backbones/FusionNets/__init__.py": ("multimodal_methods_map",),
        "methods/__init__.py": ("method_map",),
        "ood_detection/__init__.py": ("ood_detection_map",),
    },
    own="ood_detection/__init__.py",
    packages=("configs", "data", "methods", "backbones", "utils", "losses", "ood_detection"),
    methods="methods",
    fusion=("backbones.FusionNets", "multimodal_methods_map"),
    configs="configs",
    tables="configs.__init__",
    benchmarks="data.__init__",
    loaders="data.utils",
    detectors="ood_detection",
    raw_logits=True,
    datasets=("MIntRec",),
    fills={
        "--text_backbone": "bert-base-uncased",
        "--ood": "",
        "--ood_detection_method": "ma",
        "--output_path": "outputs",
    },
    notes=(
        "--dataset MIntRec2.0 cannot run: its table lacks label_len.",
        "Out-of-scope clips are for testing only, in DATA/MIntRec-OOD under the in-scope feature names.",
        "It has no DOC: out of scope is detected by a score.",
    ),
)

HOSTS = (MMOIR, MINTREC2, MINTREC, MINTOOD)
