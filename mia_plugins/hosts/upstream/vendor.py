"""The method's files for a host, made from the one source in this package; they run without it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from types import SimpleNamespace
from typing import Any

from ...training.settings import TrainSettings
from ..facts.host import Host
from ..facts.table import TEMPLATES
from ..live.params import host_param, plugin
from .bundle import Bundle
from .module_text import source_path

METHOD = "amess"
SEMANTICS = "mia_plugins.methods.amess.semantics"
REPLACED = {
    # a host names its models by folder, and needs no cache for ninety sentences
    ("mia_plugins.nn.backbones", "load"): (f"{TEMPLATES}.loading", "load"),
    ("mia_plugins.errors", "UserError"): (f"{TEMPLATES}.errors", "UserError"),  # no command line of ours there
    ("mia_plugins.evaluation.arrays", "finite"): (f"{TEMPLATES}.arrays", "finite"),
    ("mia_plugins.evaluation.arrays", "FloatArray"): (f"{TEMPLATES}.arrays", "FloatArray"),
    (SEMANTICS, "embed_descriptions"): (SEMANTICS, "encode_descriptions"),
}


def bundles(host: Host) -> tuple[Bundle, Bundle]:
    """The network's file and the manager's, which imports what the two share from the network's."""
    net = Bundle(f"{TEMPLATES}.net", replace=REPLACED, renamed=host.renamed)
    module = host.net_file(METHOD)[: -len(".py")].replace("/", ".")
    manager = Bundle(host.template, replace=REPLACED, provided=dict.fromkeys(net.names(), module))
    return net, manager


def vendored_files(host: Host) -> dict[str, str]:
    """Path in the host -> text of every file that the method consists of."""
    net, manager = bundles(host)
    net_file = host.net_file(METHOD)
    descriptions = source_path("mia_plugins.methods.amess.descriptions").with_suffix(".json")
    files = {
        net_file: marked_long(net.text()),
        net_file.replace(".py", ".json"): descriptions.read_text(encoding="utf-8"),
        host.manager_file(METHOD): marked_long(manager.text()),
    }
    for path, (name, dataset) in host.config_files.items():
        files[path.format(method=METHOD)] = config_text(host, name.format(method=METHOD), dataset)
    return files


def config_text(host: Host, name: str, dataset: str) -> str:
    """A config module: every setting with its value, explained."""
    args: Any = SimpleNamespace(text_backbone="bert-large-uncased", dataset=dataset, method=name)
    param = host_param(name)(args)
    explained = explanations(TrainSettings, plugin(name).settings)
    groups = {"hyper": dict(param.hyper_param)}
    if host.common_param:
        common = {key: groups["hyper"].pop(key) for key in COMMON}
        groups = {"common": {**param.common_param, **common}, **groups}
    lines = [f'"""A-MESS on {dataset}."""', "", "", "class Param:", "    def __init__(self, args):"]
    lines += [f"        self.{group}_param = self._get_{group}_parameters(args)" for group in groups]
    for group, values in groups.items():
        lines += ["", f"    def _get_{group}_parameters(self, args):", '        """', "        Args:"]
        lines += [f"            {names}: {text}" for names, text in explained if names.split(", ")[0] in values]
        lines += ['        """', "        return {"]
        lines += [f"            {key!r}: {value!r}," for key, value in values.items()]
        lines += ["        }"]
    return marked_long("\n".join(lines) + "\n")


COMMON = ("eval_monitor", "train_batch_size", "eval_batch_size", "wait_patience")


def explanations(*kinds: type) -> list[tuple[str, str]]:
    """What each setting means: the ``Args`` of the dataclasses' docstrings, one line each."""
    found = []
    for kind in kinds:
        known = {field.name for field in dataclasses.fields(kind)}
        section = (inspect.getdoc(kind) or "").partition("Args:\n")[2]
        for entry in re.split(r"\n(?=    \S)", section):
            names, colon, text = entry.strip().partition(": ")
            if colon and set(names.split(", ")) <= known:
                text = re.sub(r" \(\d+\)", "", " ".join(text.split()))  # the numbers of our notes
                text = re.sub(r"; is_os_f1 .*", ".", text)  # no metric of the hosts'
                found.append((names, text))
    return found


def marked_long(text: str) -> str:
    """Tells linters that the file's lines may be long, where some are."""
    long = any(len(line) > 88 for line in text.splitlines())
    return f"# ruff: noqa: E501\n{text}" if long else text
