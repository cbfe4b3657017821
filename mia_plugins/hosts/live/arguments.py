"""A host's command line: what it says, and what it must say but leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ...errors import UserError
from ...plugin.registry import DEFAULT_METHOD
from ..facts.detect import Checkout
from ..facts.host import Host, in_dialogues


def option(arguments: Sequence[str], name: str) -> str | None:
    """The value of ``--name value`` or ``--name=value``, the last one given; "" for a switch; None if left out.

    >>> option(["--seed", "3", "--ood"], "--seed"), option(["--seed=4"], "--seed"), option(["--ood"], "--ood")
    ('3', '4', '')
    """
    value = None
    for i, text in enumerate(arguments):
        if text == name:
            following = arguments[i + 1] if i + 1 < len(arguments) else "--"
            value = "" if following.startswith("--") else following
        elif text.startswith(f"{name}="):
            value = text[len(name) + 1 :]
    return value


def replaced(arguments: Sequence[str], name: str, value: str) -> list[str]:
    """The command line with an option set to another value.

    >>> replaced(["--seed", "3", "--ood"], "--seed", "5")
    ['--ood', '--seed', '5']
    """
    out: list[str] = []
    skip = False
    for i, text in enumerate(arguments):
        if skip or text.startswith(f"{name}="):
            skip = False
            continue
        if text == name:
            skip = i + 1 < len(arguments) and not arguments[i + 1].startswith("--")
            continue
        out.append(text)
    return [*out, name, value]


def in_mode(checkout: Checkout, arguments: Sequence[str]) -> Checkout:
    """The checkout as its host runs with a command line: for dialogues it has other maps and configs.

    Raises:
        UserError: the command line asks for dialogues, and the files for them are missing.
    """
    name, value = checkout.host.dialogue_option
    if not name or option(arguments, name) != value:
        return checkout
    host = in_dialogues(checkout.host)
    for file in (host.script, host.methods_map[0]):
        if not (checkout.folder / file).is_file():
            raise UserError(f"{name}: {checkout.folder / file} is missing; leave {name} out, or restore the file")
    return Checkout(host, checkout.folder)


def fills(checkout: Checkout, arguments: Sequence[str], plugins: Collection[str]) -> dict[str, str]:
    """Options that were left out and that this host needs.

    Args:
        checkout: the host.
        arguments: its command line.
        plugins: names of the registered method plugins.
    """
    host = checkout.host
    dataset = option(arguments, "--dataset") or host.datasets[0]
    method = option(arguments, "--method") or DEFAULT_METHOD
    wanted = {"--dataset": dataset, "--method": method, **host.option_defaults}
    if host.name != "MIntRec":
        wanted["--multimodal_method"] = method
        wanted["--ood_dataset"] = f"{dataset}-OOD"
    if host.name == "MMOIR" and dataset == "MIntRec":
        wanted.update({"--video_feats": "resnet-50", "--audio_feats": "wav2vec2"})
    config = method if method in plugins else config_of_host(checkout, method, dataset)
    if config:
        wanted["--config_file_name"] = config
    return {name: value for name, value in wanted.items() if option(arguments, name) is None}


def config_of_host(checkout: Checkout, method: str, dataset: str) -> str | None:
    """The config file of one of the host's methods, found by the names that hosts usually give it."""
    folder = checkout.folder / checkout.host.config_package.format(method=method).replace(".", "/")
    plain = dataset[:-2] if dataset.endswith(".0") else dataset
    for name in (f"{method}_{dataset}", f"{method}_{plain}", method, f"{method}_bert"):
        if (folder / f"{name}.py").is_file():
            return name
    return None


def check(host: Host, arguments: Sequence[str], plugins: Collection[str], methods: Mapping[str, object]) -> None:
    """Refuses a command line with which the host could only end in a traceback.

    Raises:
        UserError: says what to change.
    """
    dataset, method = option(arguments, "--dataset"), option(arguments, "--method")
    if dataset not in host.datasets and method in plugins:
        raise UserError(f"--dataset {dataset}: {host.name} runs {' and '.join(host.datasets)} for {method}")
    if method not in methods:
        raise UserError(f"--method {method}: {host.name} has {', '.join(sorted(methods))}")
    mode = option(arguments, "--dialogue_mode")
    if mode not in (None, "single_turn", "multi_turn"):
        raise UserError(f"--dialogue_mode {mode}: give single_turn or multi_turn")
    data_path = option(arguments, "--data_path")
    if data_path is None:
        raise UserError(f"give {host.name}'s --data_path after `--`: {data_folder(host)}")
    place = Path(data_path) if host.dataset_is_path else Path(data_path) / str(dataset)
    inside = place / scope_of(host) if dataset == "MIntRec2.0" and host.name != "MIntOOD" else place
    if dataset in host.datasets and not (inside / "train.tsv").is_file():
        raise UserError(f"--data_path {data_path}: no {inside / 'train.tsv'}; {host.name} wants {data_folder(host)}")
    untrained = option(arguments, "--train") is None
    if host.name == "MIntRec" and untrained and not Path(option(arguments, "--model_path") or "").is_absolute():
        raise UserError(
            "MIntRec cannot test without --train: it names its output folder by the time; add --train, or give an "
            "absolute folder as --model_path both at training (with --save_model) and at testing"
        )


def scope_of(host: Host) -> str:
    """The folder of MIntRec2.0's tables that a host reads: dialogues hold in-scope and out-of-scope utterances."""
    return "total" if host.methods.endswith("multi_turn") else "in-scope"


def data_folder(host: Host) -> str:
    """What a host's ``--data_path`` is, in words."""
    if host.dataset_is_path:
        return f"the folder {host.datasets[0]} itself, which holds {scope_of(host)}/"
    return f"the folder that holds {' or '.join(f'{name}/' for name in host.datasets)}"
