"""What is written into a checkout: for each method a few small files, and marked lines in the host's maps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ...errors import UserError
from ...system.untrusted import read_bytes
from ..facts.host import Host, class_name, in_dialogues
from .edits import Text, find_map
from .journal import MARKER, Change
from .paths import inside

REMEDY = "`mia-plugins uninstall` takes it away"
MANAGER = '''"""The method {method} of the package mia-plugins; {remedy}."""

from mia_plugins.hosts.installed import host_manager

{variable} = host_manager("{name}")
'''
NET = '''"""The entry of {method} in the map of networks, of the package mia-plugins; {remedy}."""

from mia_plugins.hosts.installed import host_net

build_{name} = host_net("{name}")
'''
CONFIG = '''"""Settings of {method}, of the package mia-plugins; {remedy}."""

from mia_plugins.hosts.installed import host_param

Param = host_param("{variant}")
'''


def plan(host: Host, folder: Path, methods: Mapping[str, str]) -> list[Change]:
    """Every file to write.

    Args:
        host: which.
        folder: its checkout.
        methods: method -> its name in the host.

    Raises:
        UserError: a method is there already, or a map is not.
    """
    changes = []
    for path, content in new_files(host, folder, methods).items():
        if inside(folder, path).exists():
            raise UserError(f"{folder / path}: exists already, added by hand or by a patch; remove it first")
        changes.append(Change(path, None, content.encode("utf-8")))
    done: set[tuple[str, str]] = set()
    for mode in modes(host, folder):
        for path, map_name in [mode.methods_map] + [mode.nets_map] * mode.prebuilt:
            if (path, map_name) in done:
                continue  # a map of both modes
            done.add((path, map_name))
            raw = read_bytes(inside(folder, path))
            text = Text(path, raw)
            find_map(text, map_name)
            for name in methods.values():
                add_to_map(mode, text, map_name, name)
            changes.append(Change(path, raw, text.bytes()))
    return changes


def modes(host: Host, folder: Path) -> list[Host]:
    """The host, and as it is for dialogues where the checkout has the files for them."""
    if not host.dialogues:
        return [host]
    dialogues = in_dialogues(host)
    return [host, dialogues] if inside(folder, dialogues.methods_map[0]).is_file() else [host]


def add_to_map(host: Host, text: Text, map_name: str, name: str) -> None:
    """Adds a method's marked lines to a map's file.

    Raises:
        UserError: the file names the method already.
    """
    variants = [variant.format(method=name) for variant in host.variants]
    if any(re.search(rf"""['"]{re.escape(variant)}['"]""", line) for variant in variants for line in text.lines):
        raise UserError(f"{text.path}: already names {name}, by hand or by a patch; remove that first")
    if map_name == host.methods_map[1]:
        module, variable = f".{class_name(name)}.manager", class_name(name)
    else:
        module, variable = host.net_import(name), f"build_{name}"
    # before every other statement: importing the file makes newer packages fit the host's other methods
    text.insert_first(f"from {module} import {variable}  {MARKER}")
    text.append([f'{map_name}["{variant}"] = {variable}  {MARKER}' for variant in variants])


def new_files(host: Host, folder: Path, methods: Mapping[str, str]) -> dict[str, str]:
    """Path -> text of the new files, which import the methods from this package."""
    files = {}
    for mode in modes(host, folder):
        for method, name in methods.items():
            words = {"method": method, "name": name, "remedy": REMEDY}
            files[mode.manager_file(name)] = MANAGER.format(variable=class_name(name), **words)
            if mode.prebuilt:
                files[mode.net_file(name)] = NET.format(**words)
            for path, (variant, _) in mode.config_files.items():
                files[path.format(method=name)] = CONFIG.format(variant=variant.format(method=name), **words)
    return files
