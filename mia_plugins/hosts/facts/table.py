"""The four hosts: facts found by running them (see ``docs/hosts.md``); :mod:`.detect` checks them against a checkout."""

from __future__ import annotations

from .host import Host

MANAGERS = "mia_plugins.hosts.managers"
FLOAT64 = "Its loader pads in float64, about {gb} GB for all clips; `mia-plugins run --float32` needs a third."
SCRIPT = ("parse_arguments", "set_logger", "work", "run")
COMMON = {
    "utils/functions.py": ("set_torch_seed", "save_results", "set_output_path"),
    "utils/metrics.py": ("Metrics",),
}

MMOIR = Host(
    name="MMOIR",
    short="mmoir",
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
    unique_file="evaluation/oos_cls.py",
    packages=("configs", "data", "methods", "backbones", "utils", "evaluation"),
    methods="methods.single_turn",
    nets=("backbones.FusionNets", "multimodal_methods_map"),
    config_package="configs.single_turn.{method}",
    tables="configs.__init__",
    benchmarks="data.__init__",
    loaders="data.utils",
    detectors="evaluation.score_func",
    doc="evaluation.oos_cls",
    datasets=("MIntRec2.0", "MIntRec"),
    config_files={
        "configs/single_turn/{method}/{method}_MIntRec.py": ("{method}", "MIntRec"),
        "configs/single_turn/{method}/{method}_MIntRec2.py": ("{method}", "MIntRec2.0"),
    },
    template=f"{MANAGERS}.mmoir",
    option_defaults={"--dialogue_mode": "single_turn", "--text_backbone": "bert-base-uncased"},
    extras=("training with out-of-scope clips by --train_ood (ood_training says how)",),
    notes=(FLOAT64.format(gb=45),),
)

MINTREC2 = Host(
    name="MIntRec2.0",
    short="mintrec2",
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
    unique_file="run_single_turn.py",
    packages=("configs", "data", "methods", "backbones", "utils"),
    methods="methods.single_turn",
    nets=("backbones.single_turn.FusionNets", "multimodal_methods_map"),
    config_package="configs.single_turn",
    tables="configs.single_turn.__init__",
    benchmarks="data.single_turn.__init__",
    loaders="data.single_turn.utils",
    doc="map:mag_bert",
    datasets=("MIntRec2.0",),
    dataset_is_path=True,
    config_files={
        "configs/single_turn/{method}.py": ("{method}", "MIntRec2.0"),
        "configs/single_turn/{method}_ood.py": ("{method}_ood", "MIntRec2.0"),
    },
    template=f"{MANAGERS}.mintrec2",
    variants=("{method}", "{method}_ood"),
    renamed={"data": "data.single_turn"},
    prebuilt=True,
    option_defaults={
        "--text_backbone": "bert-base-uncased",
        "--video_feats": "swin-roi",
        "--audio_feats": "wavlm",
        "--ood": "",
        "--output_path": "outputs",
    },
    extras=("training with out-of-scope clips, under a method's name with _ood at its end",),
    notes=("It has no score functions: --ood_detection_method only names the log.", FLOAT64.format(gb=45)),
)

MINTREC = Host(
    name="MIntRec",
    short="mintrec",
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
    unique_file="backbones/__init__.py",
    packages=("configs", "data", "methods", "backbones", "utils"),
    methods="methods",
    nets=("backbones.__init__", "methods_map"),
    config_package="configs",
    benchmarks="data.__init__",
    datasets=("MIntRec",),
    config_files={"configs/{method}.py": ("{method}", "MIntRec")},
    template=f"{MANAGERS}.mintrec",
    prebuilt=True,
    option_defaults={"--text_backbone": "bert-base-uncased"},
    lists_seeds=False,
    loads_by_name=True,
    common_param=True,
    notes=(
        "Testing without --train finds no model, because its output folder is named by the time; give an absolute "
        "folder as --model_path, at training and at testing.",
        "Video features must be (T, 1, width) arrays or lists of (1, width) ones, shorter than 230 frames.",
        "It has no out-of-scope clips.",
        "Its loader pads in float64 and keeps two copies: about 16 GB for all clips, 18 at the peak.",
    ),
)

MINTOOD = Host(
    name="MIntOOD",
    short="mintood",
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
    unique_file="ood_detection/__init__.py",
    packages=("configs", "data", "methods", "backbones", "utils", "losses", "ood_detection"),
    methods="methods",
    nets=("backbones.FusionNets", "multimodal_methods_map"),
    config_package="configs",
    tables="configs.__init__",
    benchmarks="data.__init__",
    loaders="data.utils",
    detectors="ood_detection",
    raw_logits=True,
    datasets=("MIntRec",),
    config_files={"configs/{method}_MIntRec.py": ("{method}", "MIntRec")},
    template=f"{MANAGERS}.mintood",
    option_defaults={
        "--text_backbone": "bert-base-uncased",
        "--ood": "",
        "--ood_detection_method": "ma",
        "--output_path": "outputs",
    },
    notes=(
        "--dataset MIntRec2.0 cannot run: its table lacks label_len.",
        "Out-of-scope clips are for testing only, in DATA/MIntRec-OOD under the in-scope feature names.",
        "It has no DOC: out of scope is detected by a score.",
        FLOAT64.format(gb=9),
        "mintood: NaN on transformers 5 by `python run.py`; finite by `mia-plugins run` (meta device).",
        "Its own methods take MIntRec's video as 1024 wide; for the 256-wide files give --feat_dim video=256.",
    ),
)

HOSTS = (MMOIR, MINTREC2, MINTREC, MINTOOD)
BY_SHORT_NAME = {host.short: host for host in HOSTS}
