"""The record of one benchmark repository: where its parts are, and where a method's files and map entries go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Host:
    """One benchmark repository. ``{method}`` in a path or a name stands for the method's name.

    Args:
        name: as its repository is called.
        short: its name on the command line here.
        commit: the newest commit that was run here.
        script: the script a user runs.
        facts: file -> names it defines at the top level; what this package touches, and what tells the hosts apart.
        unique_file: the file of ``facts`` that no other host has.
        packages: its top-level packages, which must not be hidden by others of that name.
        methods: module that holds ``method_map``.
        nets: module and name of the map that the host's model manager builds networks from.
        config_package: package of a method's config modules.
        benchmarks: module of the table of data sets.
        datasets: usable data sets, the usual one first.
        config_files: path of a config -> the method's name in the host, the data set.
        template: module of its manager.
        tables: module of the tables of pre-trained models and feature files; empty: the host has none.
        loaders: module of ``get_dataloader``; empty: the data manager holds the loaders.
        detectors: module of ``ood_detection_map``; empty: none.
        raw_logits: whether the detectors take logits as they are, or their sigmoid.
        doc: where DOC lives: a module, or the class behind a name of ``method_map`` (``map:NAME``).
        dataset_is_path: ``--data_path`` is the data set's folder, not that folder's parent.
        option_defaults: option -> what it gets when left out; ``""`` for a switch.
        lists_seeds: whether the script runs a list of seeds and ignores ``--seed``.
        loads_by_name: the pre-trained model is loaded by its name, not by a path from ``tables``.
        common_param: configs have ``common_param`` beside ``hyper_param``.
        variants: names under which the host runs a method.
        renamed: module that a template imports -> its name here.
        prebuilt: whether the host builds the network before it calls the manager.
        extras: what else works there, besides what works in every host.
        notes: what does not work, or works differently from what one may expect, one sentence each.
        dialogues: what is different where it runs dialogues (:func:`in_dialogues`); empty: it cannot.
        dialogue_option: the option that makes it do so, and its value; ``""`` for a switch.
    """

    name: str
    short: str
    commit: str
    script: str
    facts: Mapping[str, tuple[str, ...]]
    unique_file: str
    packages: tuple[str, ...]
    methods: str
    nets: tuple[str, str]
    config_package: str
    benchmarks: str
    datasets: tuple[str, ...]
    config_files: Mapping[str, tuple[str, str]]
    template: str
    tables: str = ""
    loaders: str = ""
    detectors: str = ""
    raw_logits: bool = False
    doc: str = ""
    dataset_is_path: bool = False
    option_defaults: Mapping[str, str] = field(default_factory=dict)
    lists_seeds: bool = True
    loads_by_name: bool = False
    common_param: bool = False
    variants: tuple[str, ...] = ("{method}",)
    renamed: Mapping[str, str] = field(default_factory=dict)
    prebuilt: bool = False
    extras: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dialogues: Mapping[str, Any] = field(default_factory=dict)
    dialogue_option: tuple[str, str] = ("", "")

    @property
    def methods_map(self) -> tuple[str, str]:
        """File and name of the map of managers."""
        return init_file(self.methods), "method_map"

    @property
    def nets_map(self) -> tuple[str, str]:
        """File and name of the map of networks."""
        module, name = self.nets
        return init_file(module), name

    @property
    def nets_package(self) -> str:
        """The package that holds the networks."""
        package = self.nets[0]
        return package if package.endswith("FusionNets") else package.replace("__init__", "FusionNets")

    def manager_file(self, method: str) -> str:
        """The manager's file."""
        return f"{self.methods.replace('.', '/')}/{class_name(method)}/manager.py"

    def net_file(self, method: str) -> str:
        """The network's file."""
        return f"{self.nets_package.replace('.', '/')}/{class_name(method)}.py"

    def net_import(self, method: str) -> str:
        """The network's module, as the file of the map imports it."""
        inside = self.nets_package[len(self.nets[0].replace(".__init__", "")) :]
        return f"{inside}.{class_name(method)}"


def in_dialogues(host: Host) -> Host:
    """The same host where it runs dialogues: other maps, another package of configs, perhaps another script."""
    return replace(host, **{**host.dialogues, "dialogues": {}})


def class_name(method: str) -> str:
    """A method's name as the hosts write folders and classes: ``mag_bert`` is ``MAG_BERT``."""
    return method.upper()


def init_file(module: str) -> str:
    """The file of a package.

    >>> init_file("methods.single_turn"), init_file("backbones.__init__")
    ('methods/single_turn/__init__.py', 'backbones/__init__.py')
    """
    path = module.replace(".__init__", "").replace(".", "/")
    return f"{path}/__init__.py"
