"""``mia-plugins run DIR -- ...``: a host's own script with every installed method in its maps; no file changes."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ...errors import UserError
from ...plugin.registry import DEFAULT_METHOD
from ..facts.detect import Checkout, commit_state, find_host
from ..facts.names import PREFIX
from .arguments import check, fills, in_mode, option, replaced
from .sources import KINDS, merge, read_config, user_config


def add_parser(subparsers: Any) -> None:
    """Adds the command ``run``."""
    parser = subparsers.add_parser(
        "run",
        help="run a benchmark's own script with the methods here; changes no file",
        description="Runs a benchmark's own script with every installed method in its maps, in this process; the "
        "checkout stays as it is. Outputs go where the benchmark puts them: below the current folder.",
        usage="mia-plugins run DIR [options] -- BENCHMARK'S OPTIONS",
    )
    parser.add_argument("folder", metavar="DIR", help="checkout of MMOIR, MIntRec2.0, MIntRec or MIntOOD")
    parser.add_argument(
        "--pretrained", action="append", default=[], metavar="NAME=DIR", help="folder of a pre-trained text encoder"
    )
    for kind in ("video", "audio"):
        parser.add_argument(
            f"--{kind}_file", action="append", default=[], metavar="NAME=FILE", help=f"file of --{kind}_feats NAME"
        )
    parser.add_argument(
        "--feat_dim",
        action="append",
        default=[],
        metavar="KIND=N",
        help="video=N or audio=N: width for the benchmark's own methods, where its table has another",
    )
    parser.add_argument(
        "--set", dest="assignments", action="append", default=[], metavar="KEY=VALUE", help="a hyper-parameter"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[], metavar="N", help="run these seeds")
    parser.add_argument("--float32", action="store_true", help="pad features in float32: a third of the memory")
    parser.set_defaults(action=run)


def run(options: argparse.Namespace) -> None:
    """Prepares the process and runs the script.

    Raises:
        UserError: something of the user's, or of the checkout, is wrong.
    """
    arguments = list(options.rest)
    checkout = in_mode(find_host(options.folder), arguments)
    files = user_config()
    tables = {kind: merge(kind, getattr(options, kind), files) for kind in KINDS}
    widths = dict(feat_dim(text) for text in options.feat_dim)
    seeds = checked(options.seeds) or wanted_seed(checkout, arguments)

    from ...plugin.settings import grid, parse_assignments
    from . import compat
    from .register import enter, load, override_config
    from .script import run_script

    overrides = parse_assignments(options.assignments)
    state = commit_state(checkout)
    if "not the one tested" in state:
        say(f"{checkout.host.name}: {state}; its files define what is needed")
    enter(checkout)
    method = option(arguments, "--method") or DEFAULT_METHOD
    of_host = method in checkout.methods()
    for shim in compat.apply(hosts_own=of_host):
        say(f"packages: {shim.name}: {shim.fix}")
    named = [text.partition("=")[0] for text in options.pretrained]
    arguments = prepare(checkout, arguments, tables, named, overrides, widths)
    if of_host and overrides:
        override_config(checkout.host, method, str(option(arguments, "--config_file_name")), overrides)
    if len(list(grid(overrides))) > 1 and not checkout.host.lists_seeds and option(arguments, "--tune") is None:
        arguments.append("--tune")  # MIntRec expands lists only then
    if options.float32:
        from .padding import pad_in_float32

        pad_in_float32(load(checkout.host.loaders, checkout.host) if checkout.host.loaders else None)
    if seeds and checkout.host.lists_seeds:
        say(f"seeds {' '.join(map(str, seeds))} instead of the script's own list")
    say(f"{checkout.host.script} {' '.join(arguments)}")
    run_script(checkout, arguments, seeds)


def prepare(
    checkout: Checkout,
    arguments: list[str],
    tables: dict[str, dict[str, str]],
    named: list[str],
    overrides: dict[str, Any],
    widths: dict[str, int],
) -> list[str]:
    """Fills the host's maps and tables, and its command line.

    Args:
        checkout: the host.
        arguments: its command line.
        tables: names and places of ``pretrained``, ``video_file`` and ``audio_file``.
        named: the text backbones named on the command line; a single one is the one to use.
        overrides: settings of ``--set``.
        widths: of ``--feat_dim``.

    Returns:
        The command line, filled.
    """
    from . import register

    host = checkout.host
    wanted = option(arguments, "--text_backbone") or (named[0] if len(named) == 1 else None)
    pretrained = dict(tables["pretrained"])
    if wanted and wanted not in pretrained and not wanted.startswith("bert"):
        pretrained[wanted] = wanted  # a folder, a hub id, or the demo's encoder
    backbones = register.register_backbones(host, pretrained)
    if wanted in backbones:
        backbone = backbones[wanted]
        if backbone.name != wanted:
            say(f"text backbone {wanted} is called {backbone.name} here: {host.name} reads only what is called bert...")
        arguments = replaced(arguments, "--text_backbone", backbone.name)

    config = option(arguments, "--config_file_name")
    config_file = config if config and config.endswith(".py") and "/" in config else None
    registered = register.register_methods(checkout, overrides, config_file)
    if config_file:
        arguments = replaced(arguments, "--config_file_name", config_file.rsplit("/", 1)[1])
    say(f"{host.name} at {checkout.folder}: registered {', '.join(registered)}")
    for method in sorted({method for name, method in registered.items() if name.startswith(PREFIX + method)}):
        say(f"{host.name} has a method {method} itself, so the plugin is called {PREFIX}{method}")

    filled = fills(checkout, arguments, registered)
    for name, value in filled.items():
        arguments += [name, value] if value else [name]
    if filled:
        say("filled in: " + " ".join(f"{name} {value}".strip() for name, value in filled.items()))
    for kind in ("video", "audio"):
        if tables[f"{kind}_file"] and not register.register_features(host, kind, tables[f"{kind}_file"]):
            arguments = replaced(arguments, f"--{kind}_feats_path", list(tables[f"{kind}_file"].values())[-1])
    check(host, arguments, registered, register.load(host.methods, host).method_map)

    places = {backbone.name: backbone.source for backbone in backbones.values()}
    source = places.get(str(option(arguments, "--text_backbone")))
    width = read_config(source).get("hidden_size") if source else None
    register.set_widths(host, str(option(arguments, "--dataset")), {**({"text": width} if width else {}), **widths})
    if host.loads_by_name:
        # its tokenizer is always loaded by this name; every BERT here has the same vocabulary, so the backbone's will do
        register.load_by_name({**({"bert-base-uncased": source} if source else {}), **places})
    return arguments


def feat_dim(text: str) -> tuple[str, int]:
    """One ``--feat_dim``.

    >>> feat_dim("video=256")
    ('video', 256)
    """
    kind, _, width = text.partition("=")
    if kind not in ("video", "audio") or not width.isdecimal():
        raise UserError(f"--feat_dim {text}: write it as video=256 or audio=768")
    return kind, int(width)


def wanted_seed(checkout: Checkout, arguments: list[str]) -> list[int]:
    """The user's ``--seed`` in a host that ignores it."""
    seed = option(arguments, "--seed")
    if seed is None or not checkout.host.lists_seeds:
        return []
    if not seed.isdecimal():
        raise UserError(f"--seed {seed}: give a whole number")
    return checked([int(seed)])


def checked(seeds: list[int]) -> list[int]:
    """Seeds that every library of a host takes, each once.

    Raises:
        UserError: one is out of range, or given twice.
    """
    for seed in seeds:
        if not 0 <= seed < 2**32:
            raise UserError(f"--seeds {seed}: give numbers from 0 to {2**32 - 1}")
    if len(set(seeds)) < len(seeds):
        raise UserError(f"--seeds {' '.join(map(str, seeds))}: give each seed once")
    return seeds


def say(text: str) -> None:
    """A line about what was done, apart from the host's own output."""
    print(f"mia-plugins: {text}", file=sys.stderr, flush=True)
