"""Puts methods and files into a host's maps and tables, in the running process; no file changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ...errors import UserError
from ...nn.lookup import resolve
from ...plugin.params import modules
from ..facts.detect import Checkout, hidden_packages
from ..facts.host import Host
from ..facts.names import names_in_host, plugin
from .manager import host_manager
from .net import host_net
from .params import host_param
from .sources import choose, host_name, read_config


def enter(checkout: Checkout) -> None:
    """Puts the host's packages first on the path.

    Raises:
        UserError: another package of one of their names would still win.
    """
    folder = str(checkout.folder)
    sys.path[:] = [folder, *(entry for entry in sys.path if entry != folder)]
    # a host's own script would write these beside its sources; here nothing of a host is written to
    sys.dont_write_bytecode = True
    hidden = hidden_packages(checkout)
    if hidden:
        raise UserError(
            f"{checkout.folder}: another package hides {checkout.host.name}'s: {'; '.join(hidden)}; "
            "uninstall it, or take its folder off PYTHONPATH"
        )


def load(name: str, host: Host) -> ModuleType:
    """A module of the host.

    Raises:
        UserError: a package it imports is missing.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(
            f"{host.name} needs the package {error.name!r}, which this Python lacks; "
            f"run `{sys.executable} -m pip install {error.name}`"
        ) from error
    except ImportError as error:
        raise UserError(
            f"{host.name} cannot be imported with the packages here: {error}; see `mia-plugins hosts`"
        ) from error


def register_methods(
    checkout: Checkout, overrides: Mapping[str, Any], user_config: str | None = None
) -> dict[str, str]:
    """Registers every installed method; the host's methods keep their names.

    Args:
        checkout: the host.
        overrides: settings of ``--set``.
        user_config: path of a file with a ``Param`` of the user's, offered under its stem.

    Returns:
        Name registered in the host -> the method.
    """
    host = checkout.host
    method_map = load(host.methods, host).method_map
    nets = getattr(load(host.nets[0], host), host.nets[1])
    registered = names_in_host(host, checkout.methods())
    for name, method in registered.items():
        method_map[name] = host_manager(name)
        nets.setdefault(name, host_net(name))
        for module, config in config_modules(checkout, name, plugin(method).configs, user_config).items():
            sys.modules[module] = param_module(module, host_param(name, config, overrides))
    return registered


def config_modules(
    checkout: Checkout, name: str, configs: str | None, user_config: str | None
) -> dict[str, str | None]:
    """The modules that hold a method's settings in a host.

    Args:
        checkout: the host.
        name: the method's name in it.
        configs: package of the method's configs, if it has any; those that the host has a file of are left to it.
        user_config: path of a file of the user's, if there is one.

    Returns:
        Absolute module name -> config of the method, None for the data set's usual one: that is under the method's
        name, the others are each under their own.
    """
    package = checkout.host.config_package.format(method=name)
    folder = checkout.folder.joinpath(*package.split("."))
    free = [config for config in modules(configs) if not (folder / f"{config}.py").exists()]
    modules_here: dict[str, str | None] = {f"{package}.{config}": config for config in free}
    modules_here[f"{package}.{name}"] = None
    if user_config:
        modules_here[f"{package}.{Path(user_config).stem}"] = user_config
    return modules_here


def param_module(name: str, param: type) -> ModuleType:
    """A module with a ``Param`` and nothing else."""
    module = ModuleType(name, "Settings of a plugin, registered by mia-plugins.")
    module.Param = param  # type: ignore[attr-defined]
    return module


class Backbone(NamedTuple):
    """A text backbone: its name in the host, and the folder or hub id behind it."""

    name: str
    source: str


def register_backbones(host: Host, pretrained: Mapping[str, str]) -> dict[str, Backbone]:
    """Makes text backbones known to the host: their places, and their widths.

    Args:
        host: which.
        pretrained: name -> folder. For names of the host's table that have no folder, the name says which model.

    Returns:
        Name as given -> the backbone.
    """
    table = load(host.tables, host).pretrained_models_path if host.tables else {}
    given = dict(pretrained)
    for name, place in table.items():
        if name not in given and not Path(place).is_dir():
            given[name] = name  # the table's folder is on somebody else's machine
    backbones = {}
    for name, place in given.items():
        source = resolve(place)
        backbone = Backbone(host_name(name, source), source)
        backbones[name] = backbone
        table[backbone.name] = source
        choose(backbone.name, source)
        width = read_config(source).get("hidden_size")
        for widths in width_tables(host, "text"):
            widths.update({backbone.name: width} if width else {})
    return backbones


def register_features(host: Host, kind: str, files: Mapping[str, str]) -> bool:
    """Makes feature files known to the host under names for ``--video_feats`` or ``--audio_feats``.

    A new name gets the width and length that the host has for its first one.

    Returns:
        Whether the host has a table of them; the others take the file itself as an option.
    """
    table = getattr(load(host.tables, host), f"{kind}_feats_path", None) if host.tables else None
    if table is None:
        return False
    for name, file in files.items():
        table[name] = file
        for known in [*width_tables(host, kind), *benchmark_tables(host, "max_seq_lengths", kind)]:
            known.setdefault(name, next(iter(known.values())))
    return True


def override_config(host: Host, method: str, config: str, overrides: Mapping[str, Any]) -> None:
    """Puts the settings of ``--set`` over those of one of the host's methods."""
    name = config[:-3] if config.endswith(".py") else config
    module = load(f"{host.config_package.format(method=method)}.{name}", host)

    class Param(module.Param):  # type: ignore[name-defined, misc]
        def __init__(self, args: Any) -> None:
            super().__init__(args)
            common = getattr(self, "common_param", {})
            common.update({key: value for key, value in overrides.items() if key in common})
            self.hyper_param.update({key: value for key, value in overrides.items() if key not in common})

    module.Param = Param  # type: ignore[attr-defined]


def width_tables(host: Host, kind: str) -> list[dict[str, int]]:
    """The host's tables name -> width of a modality."""
    if host.tables and hasattr(load(host.tables, host), "feat_dims"):
        return [load(host.tables, host).feat_dims[kind]]
    return benchmark_tables(host, "feat_dims", kind)


def benchmark_tables(host: Host, part: str, kind: str) -> list[dict[str, int]]:
    """Such a table of every data set that has one."""
    entries = [benchmark.get(part, {}).get(kind) for benchmark in load(host.benchmarks, host).benchmarks.values()]
    return [entry for entry in entries if isinstance(entry, dict)]


def set_widths(host: Host, dataset: str, widths: Mapping[str, int]) -> None:
    """Corrects the single widths that MIntRec and MIntOOD have for a data set (the hosts' methods are built by them)."""
    table = load(host.benchmarks, host).benchmarks.get(dataset, {}).get("feat_dims", {})
    for kind, width in widths.items():
        if isinstance(table.get(kind), int):
            table[kind] = width


def load_by_name(pretrained: Mapping[str, str]) -> None:
    """Lets ``from_pretrained`` find the given folders by name: MIntRec loads by name, its tokenizer by a fixed one."""
    from .compat import transformers

    library = transformers()
    for owner in (library.BertTokenizer, library.PreTrainedModel):
        original = owner.from_pretrained.__func__

        def from_pretrained(cls: Any, name: Any, *arguments: Any, _original: Any = original, **options: Any) -> Any:
            return _original(cls, pretrained.get(name, name), *arguments, **options)

        owner.from_pretrained = classmethod(from_pretrained)
