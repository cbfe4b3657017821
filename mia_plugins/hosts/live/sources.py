"""Where pre-trained models and feature files are: the user's options and small config, not a host's hard-coded paths."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...nn.lookup import resolve
from ...system.json_files import read_json

KINDS = ("pretrained", "video_file", "audio_file")
_chosen: dict[str, str] = {}  # name -> folder or hub id, for this process


def config_path() -> Path:
    """``$MIA_PLUGINS_CONFIG``, or ``mia_plugins/hosts.json`` in the user's config folder."""
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(os.environ.get("MIA_PLUGINS_CONFIG") or base / "mia_plugins" / "hosts.json")


def user_config() -> dict[str, dict[str, str]]:
    """The user's config: ``{"pretrained": {name: folder}, "video_file": {name: file}, "audio_file": {name: file}}``.

    Raises:
        UserError: it is not that.
    """
    path = config_path()
    if not path.is_file():
        return {kind: {} for kind in KINDS}
    remedy = f"write it as {{{', '.join(f'{chr(34)}{kind}{chr(34)}: {{NAME: PATH}}' for kind in KINDS)}}}"
    config = read_json(path, remedy)
    if not isinstance(config, dict) or not all(
        kind in KINDS and isinstance(entries, dict) and all(isinstance(value, str) for value in entries.values())
        for kind, entries in config.items()
    ):
        raise UserError(f"{path}: has an unknown part; {remedy}")
    return {kind: {name: os.path.expanduser(value) for name, value in config.get(kind, {}).items()} for kind in KINDS}


def merge(kind: str, texts: list[str], config: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The config's entries of a kind with the command line's ``NAME=PATH`` over them."""
    entries = dict(config[kind])
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise UserError(f"--{kind} {text}: write it as NAME=PATH")
        if kind == "pretrained" and not os.path.isdir(os.path.expanduser(value)):
            raise UserError(f"--pretrained {text}: no such folder; give the folder with config.json and the weights")
        entries[name] = os.path.expanduser(value)
    return entries


def host_name(name: str, source: str) -> str:
    """The name under which a host takes a text backbone: all of them tokenize only what is called ``bert...``.

    >>> host_name("bert-base-uncased", "anywhere")
    'bert-base-uncased'
    """
    if name.startswith("bert") or model_type(source) != "bert":
        return name
    return f"bert-{name}"


def read_config(source: str) -> dict[str, Any]:
    """A model folder's ``config.json``; empty for a hub id."""
    path = Path(source) / "config.json"
    if not os.path.isdir(source):
        return {}
    remedy = "give a folder that holds a complete model"
    config = read_json(path, remedy)
    if not isinstance(config, dict):
        raise UserError(f"{path}: holds no settings of a model; {remedy}")
    return config


def model_type(source: str) -> str | None:
    """The kind of a model, where its folder says so."""
    return read_config(source).get("model_type")


def choose(name: str, source: str) -> None:
    """Remembers, for this process, what a name stands for."""
    _chosen[name] = source


def source_of(args: Any) -> str:
    """The folder or hub id of a host's text backbone."""
    if args.text_backbone in _chosen:
        return _chosen[args.text_backbone]
    given = user_config()["pretrained"].get(args.text_backbone)
    return resolve(given or getattr(args, "text_pretrained_model", None) or args.text_backbone)
