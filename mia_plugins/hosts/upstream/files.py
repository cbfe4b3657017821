"""A method's files for a host, made from the one source in its package and this one; they run without either."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from ...data.dataset import DataRequest
from ...errors import UserError
from ...plugin.registry import find_dataset
from ...plugin.settings import describe
from ...training.settings import TrainSettings
from ..facts.host import Host, class_name
from ..live.params import host_param
from .about import About
from .bundle import Bundle
from .module_text import Name, add_text

PACKAGE = "mia_plugins"
TEMPLATES = f"{PACKAGE}.hosts.upstream.templates"
MANAGERS = f"{PACKAGE}.hosts.managers"
REPLACED = {
    # a host names its models by folder, and has one process
    (f"{PACKAGE}.nn.backbones", "load_encoder"): (f"{TEMPLATES}.parts", "load_encoder"),
    (f"{PACKAGE}.system.progress", "progress_bar"): ("tqdm", "tqdm"),
    (f"{PACKAGE}.errors", "UserError"): ("", "ValueError"),
    (f"{PACKAGE}.plugin.task", "Task"): ("types", "SimpleNamespace"),
    (f"{PACKAGE}.training.manager", "Manager"): (f"{TEMPLATES}.trainer", "Trainer"),
}
# a clip has one label there
REPLACED[f"{PACKAGE}.nn.losses", "task_loss"] = (f"{PACKAGE}.nn.losses", "classification_loss")
for _name in ("in_scope", "label_names", "label_sets", "memberships", "share"):
    REPLACED[f"{PACKAGE}.nn.labels", _name] = (f"{TEMPLATES}.one_label", _name)
NEVER = {f"{PACKAGE}.training.loop": ("history", "loss_of")}  # a training is neither resumed nor shared there
#: what the manager asks for and stands in the network's file: what it learns from, and which weights are pre-trained
BESIDE_NETWORK = (
    (f"{PACKAGE}.training.optimizer", "parameter_groups"),
    (f"{MANAGERS}.batches", "training_clips"),
)
IN_SCOPE = {  # hosts that train in scope alone
    (f"{MANAGERS}.task", "number_of_classes"): (f"{TEMPLATES}.in_scope", "number_of_classes"),
    (f"{MANAGERS}.batches", "training_clips"): (f"{TEMPLATES}.in_scope", "training_clips"),
}
COMMON = ("eval_monitor", "train_batch_size", "eval_batch_size", "wait_patience")  # MIntRec's common_param
READ_BY_HOST = {  # setting -> what it means there
    "mmoir": {"scale": "standard deviations below 1 at which DOC puts a class's threshold."},
    "mintrec2": {"scale": "standard deviations below 1 at which DOC puts a class's threshold."},
    "mintood": {"scale": "factor on the training clips' features in the detector vim."},
}
TUNED = ("lr", "new_lr_factor", "weight_decay", "warmup_proportion")  # as lists, in hosts that run lists as grids


def bundles(host: Host, about: About) -> tuple[Bundle, Bundle]:
    """The network's file and the manager's, which imports what the two share from the network's."""
    name = about.method.name
    replace: dict[Name, Name] = {**REPLACED, (f"{TEMPLATES}.method", "build"): about.build}
    if host.short in ("mintrec", "mintood"):
        replace.update(IN_SCOPE)
    if "optimizer" in about.hooks:
        replace[f"{PACKAGE}.training.optimizer", "make_optimizer"] = about.hooks["optimizer"]
    root = f"{TEMPLATES}.{'coarse_net' if host.short in ('mintrec', 'mintood') else 'net'}"
    names = {(root, "network"): f"build_{name}"}
    texts = Bundle(root, replace=replace).sources()
    if not {"num_labels", "weights"}.isdisjoint(read_from(texts, lambda owner: owner not in ("self", "args"))):
        del replace[f"{PACKAGE}.plugin.task", "Task"]  # it asks for more than the fields
    manager = manager_root(host, about, placed=any('"train_place"' in text for text in texts))
    wanted = set(Bundle(manager, replace=replace).definitions())
    more = [each for each in BESIDE_NETWORK if each in wanted]
    net = Bundle(root, more=more, replace=replace, modules=host.renamed, names=names)
    provided = dict.fromkeys(net.definitions(), host.net_file(name)[: -len(".py")].replace("/", "."))
    names = {(host.template, "Manager"): f"{class_name(host.short)}Manager"}
    names[manager, "Manager"] = class_name(name)  # the same module, where the host's own manager will do
    return net, Bundle(manager, replace=replace, provided=provided, names=names, never=NEVER)


def manager_root(host: Host, about: About, placed: bool) -> str:
    """The module that the manager's file starts from: the host's own, or one that adds to it what the method needs.

    Args:
        host: which.
        about: the method.
        placed: whether its network reads each clip's ``train_place``.
    """
    name, hooks = about.method.name, about.hooks
    alone = name.startswith("text")  # called without the host's model manager
    if not alone and not placed and not {"prepare", "manager"} & set(hooks):
        return host.template
    imports, lines = [f"from {host.template} import Manager"], []
    if alone:
        models = host.nets[0].partition(".")[0] + (".single_turn" if "single_turn" in host.nets[0] else "")
        imports.append(f"from {models}.base import ModelManager")
    if placed:
        imports.append(f"from {MANAGERS}.batches import placed")
    if alone or placed or "prepare" in hooks:
        lines += ["", f"    def __init__(self, args, data{'' if alone else ', model'}):"]
        data, model = "placed(data)" if placed else "data", "ModelManager(args)" if alone else "model"
        lines.append(f"        super().__init__(args, {data}, {model})")
    if "prepare" in hooks:
        imports.append(f"from {hooks['prepare'][0]} import {hooks['prepare'][1]}")
        lines.append("        if args.train:")
        lines.append(f"            {hooks['prepare'][1]}(self.model, self.reference_dataloader, self.device)")
    if "manager" in hooks:
        imports += [f"from {hooks['manager'][0]} import {hooks['manager'][1]}"]
        imports += [f"from {TEMPLATES}.trainer import train_with"]
        lines += ["", "    def _train(self, args):", f"        train_with({hooks['manager'][1]}, self, args)"]
    title = f'    """{about.name}."""'
    module = f"{MANAGERS}.{name}_in_{host.short}"
    body = [f"class {class_name(name)}(Manager):", title, *lines]
    add_text(module, "\n".join([f'"""The manager of {about.name}."""', *imports, "", "", *body]) + "\n")
    return module


def method_files(host: Host, about: About) -> tuple[dict[str, str], dict[str, str]]:
    """Path in the host -> text: the network with what lies beside it; the manager and the configs."""
    name = about.method.name
    net, manager = bundles(host, about)
    attributes = net.attributes() | manager.attributes()
    paper = f" ({about.paper})" if about.paper else ""
    path = host.net_file(name)
    nets = {path: plain(about, net.text(f"{about.name}: the network{paper}.", attributes))}
    for ending, text in about.files(labels(host)).items():
        nets[path[: -len(".py")] + ending] = text
    text = manager.text(f"{about.name}: the manager{paper}.", attributes, headings=False)
    managers = {host.manager_file(name): plain(about, text)}
    used = settings_used(host, net, manager)
    for config, (variant, dataset) in host.config_files.items():
        text = config_text(host, about, variant.format(method=name), dataset, used)
        managers[config.format(method=name)] = plain(about, text)
    return nets, managers


def plain(about: About, text: str) -> str:
    """The text without references to what is not there."""
    text = re.sub(about.references, "", text) if about.references else text
    text = re.sub(r"[;,:]? (?:see )?:\w+:`[~.]?mia_plugins[^`]*`[^.\n\"]*", "", text)
    return re.sub(r":(?:func|class|meth|mod|data):`[~.]?([^`]*)`", r"``\1``", text)


def labels(host: Host) -> list[str]:
    """Every label of a host's data sets, coarse ones included."""
    found: set[str] = set()
    for name in host.datasets:
        for mode in ("multi-class", "binary-class"):
            with suppress(UserError):  # there are no coarse labels
                found.update(find_dataset(name).outline(DataRequest("", data_mode=mode)).labels)
    return sorted(found)


def read_from(texts: Sequence[str], fits: Callable[[str], bool]) -> set[str]:
    """The attributes that code reads of things whose name, or last part of it, fits."""
    attributes = set()
    for node in (part for text in texts for part in ast.walk(ast.parse(text))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if fits(owner):
                attributes.add(node.attr)
    return attributes


def settings_used(host: Host, *bundles: Bundle) -> set[str]:
    """The settings that the files read, and those that the host's evaluation does."""
    texts = [bundle.text("", ()) for bundle in bundles]
    return read_from(texts, lambda owner: owner in ("args", "settings")) | set(READ_BY_HOST.get(host.short, {}))


def settings_of_host(host: Host, about: About) -> dict[str, Any]:
    """The hyper-parameters on the host's first data set."""
    used = settings_used(host, *bundles(host, about))
    places = [(variant, dataset) for variant, dataset in host.config_files.values() if dataset == host.datasets[0]]
    return config_values(host, places[0][0].format(method=about.method.name), places[0][1], used)


def config_values(host: Host, variant: str, dataset: str, used: set[str]) -> dict[str, Any]:
    """The hyper-parameters that the files read, with their values."""
    args: Any = SimpleNamespace(text_backbone="bert-large-uncased", dataset=dataset, method=variant)
    return {key: value for key, value in host_param(variant)(args).hyper_param.items() if key in used}


def config_text(host: Host, about: About, variant: str, dataset: str, used: set[str]) -> str:
    """A config module: every setting with its value, explained."""
    values = config_values(host, variant, dataset, used)
    meanings = {row.name: row.meaning for kind in (TrainSettings, about.method.settings) for row in describe(kind)}
    meanings.update(READ_BY_HOST.get(host.short, {}))
    of_method = {row.name for row in describe(about.method.settings)}
    groups: dict[str, dict[str, Any]] = {"hyper": values}
    if host.common_param:
        common: dict[str, Any] = {"padding_mode": "zero", "padding_loc": "end"}
        groups = {"common": {**common, **{key: values.pop(key) for key in COMMON if key in values}}, "hyper": values}
    lines = ["class Param():", "", "    def __init__(self, args):", ""]
    lines += [f"        self.{group}_param = self._get_{group}_parameters(args)" for group in groups]
    for group, chosen in groups.items():
        lines += ["", f"    def _get_{group}_parameters(self, args):", '        """', "        Args:"]
        for key, value in chosen.items():
            meaning = re.sub(r"; is_os_f1 .*", ".", meanings.get(key, ""))  # no metric of the hosts'
            if meaning:
                words = f"{key} ({type(value).__name__}): {meaning}"
                lines += textwrap.wrap(words, 120, initial_indent=" " * 12, subsequent_indent=" " * 16)
        lines += ['        """', f"        {group}_parameters = {{"]
        for key, value in chosen.items():
            shown = repr(value) if host.common_param or key not in of_method | set(TUNED) else f"[{value!r}]"
            lines.append(f"            {key!r}: {shown},")
        lines += ["        }", f"        return {group}_parameters"]
    return "\n".join(lines) + "\n"
