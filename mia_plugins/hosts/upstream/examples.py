"""Example scripts in the hosts' style: loops over lists, one command inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..facts.host import Host

Loops = Mapping[str, Sequence[str]]


def example_files(host: Host, method: str) -> dict[str, str]:
    """Path in the host -> text: an example a data set, and one with out-of-scope training where the host has that."""
    if host.short == "mmoir":
        folder = f"examples/single_turn/{method}/run_{method}"
        features = {"MIntRec": ("resnet-50", "wav2vec2"), "MIntRec2.0": ("swin-roi", "wavlm")}
        files = {}
        for dataset, (video, audio) in features.items():
            loops = mmoir_loops(method, video, audio)
            config = f"{method}_{dataset.replace('.0', '')}"
            files[f"{folder}_{dataset.replace('.0', '')}.sh"] = script(host, loops, mmoir(dataset, config, []))
        files[f"{folder}_MIntRec2_ood.sh"] = script(
            host, loops, mmoir("MIntRec2.0", f"{method}_MIntRec2", ["--train_ood"])
        )
        return files
    if host.short == "mintrec2":
        return {
            f"examples/single_turn/run_{variant}_baselines.sh": script(
                host, mmoir_loops(variant, "swin-roi", "wavlm"), mintrec2(variant)
            )
            for variant in (method, f"{method}_ood")
        }
    if host.short == "mintrec":
        loops = {"dataset": ["MIntRec"], "seed": ["0", "1", "2", "3", "4"]}
        return {f"examples/run_{method}.sh": script(host, loops, mintrec(method))}
    loops = {"method": [method], "text_backbone": ["bert-base-uncased"], "dataset": ["MIntRec"]}
    return {f"examples/run_{method}.sh": script(host, {**loops, "ood_detection_method": ["ma"]}, mintood(method))}


def mmoir_loops(method: str, video: str, audio: str) -> Loops:
    """The lists of MMOIR's and MIntRec2.0's examples."""
    return {
        "method": [method],
        "text_backbone": ["bert-large-uncased"],
        "ood_detection_method": ["ma"],
        "video_feats": [video],
        "audio_feats": [audio],
    }


NAMED = [
    "--logger_name ${method}_${ood_detection_method}",
    "--multimodal_method $method",
    "--method $method",
    "--ood_detection_method $ood_detection_method",
]
FEATURES = ["--video_feats $video_feats", "--audio_feats $audio_feats", "--text_backbone $text_backbone"]
SAVED = ["--train", "--tune", "--save_results", "--save_model", "--gpu_id '0'", "--output_path 'outputs'"]


def mmoir(dataset: str, config: str, more: list[str]) -> list[str]:
    """MMOIR's options."""
    places = [f"--dataset '{dataset}'", f"--ood_dataset '{dataset}-OOD'", "--data_path '/path/to/Datasets'"]
    tests = ["--dialogue_mode 'single_turn'", "--test_ood", "--test_mode 'ood_cls'", *more]
    file = f"results_{config}{'_ood' if more else ''}.csv"
    return [
        *places,
        *NAMED,
        *tests,
        *SAVED,
        *FEATURES,
        f"--config_file_name '{config}'",
        f"--results_file_name '{file}'",
    ]


def mintrec2(variant: str) -> list[str]:
    """MIntRec2.0's options."""
    places = ["--dataset 'MIntRec2.0'", "--ood_dataset 'MIntRec2.0-OOD'", "--data_path '/path/to/Datasets/MIntRec2.0'"]
    files = ["--config_file_name $method", f"--results_file_name 'results_{variant}.csv'"]
    return [*places, *NAMED, "--ood", *SAVED, *FEATURES, *files]


def mintrec(method: str) -> list[str]:
    """MIntRec's options."""
    return [
        "--dataset $dataset",
        "--data_path '/path/to/Datasets'",
        f"--logger_name '{method}'",
        f"--method '{method}'",
        "--data_mode 'multi-class'",
        "--train",
        "--save_results",
        "--seed $seed",
        "--gpu_id '0'",
        "--video_feats_path 'video_feats.pkl'",
        "--audio_feats_path 'audio_feats.pkl'",
        "--text_backbone 'bert-base-uncased'",
        f"--config_file_name '{method}'",
        f"--results_file_name '{method}.csv'",
    ]


def mintood(method: str) -> list[str]:
    """MIntOOD's options."""
    places = ["--dataset $dataset", "--data_path 'Datasets'", "--ood_dataset ${dataset}-OOD"]
    features = [
        f"--{kind}_feats_path '{file}.pkl'"
        for kind, file in (("video", "swin_feats"), ("audio", "wavlm_feats"))
        + (("ood_video", "swin_feats"), ("ood_audio", "wavlm_feats"))
    ]
    files = ["--config_file_name ${method}_${dataset}", f"--results_file_name 'results_{method}.csv'"]
    return [*places, *NAMED, "--ood", *SAVED, *features, "--text_backbone $text_backbone", *files]


def script(host: Host, loops: Loops, options: list[str]) -> str:
    """A script that runs the host's for every choice from the lists."""
    lines, indent = ["#!/usr/bin/bash", ""], ""
    for name, values in loops.items():
        quoted = " ".join(f"'{value}'" if not value.isdigit() else value for value in values)
        lines += [f"{indent}for {name} in {quoted}", f"{indent}do"]
        indent += "    "
    command = [f"python {host.script}", *options]
    lines += [f"{indent}{part}" + " \\" * (i + 1 < len(command)) for i, part in enumerate(command)]
    for _ in loops:
        indent = indent[4:]
        lines.append(f"{indent}done")
    return "\n".join(lines) + "\n"
