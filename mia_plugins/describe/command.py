"""``mia-plugins describe``: asks a language model for label descriptions, or checks a file of them."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import logging
import os
from pathlib import Path
from typing import Any

from ..errors import UserError, short
from ..simulate.options import at_least, between

OPENAI = "https://api.openai.com/v1"
PAPERS = 3  # descriptions a label in the paper


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "describe",
        help="ask a language model what labels mean, or check such descriptions",
        description="Asks any OpenAI-compatible server for several descriptions of each label and keeps them in a file, "
        "for --set descriptions_path=FILE. An interrupted run goes on where it was. With --check: which labels the "
        "descriptions in a file do not tell apart. The key is read from an environment variable.",
    )
    parser.add_argument("--labels", metavar="FILE", help="the labels: one a line, or a JSON list")
    parser.add_argument("--dataset", metavar="NAME", help="the labels of this data set; with --check, of --data_path")
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write, such as descriptions.json")
    parser.add_argument("--force", action="store_true", help="write it anew if it is there")
    parser.add_argument(
        "-n", "--count", type=at_least(1), metavar="N", help=f"descriptions a label (default: {PAPERS}; --check: all)"
    )
    group = parser.add_argument_group("the server")
    group.add_argument("--model", default="gpt-4", metavar="NAME", help="default: %(default)s, the paper's")
    group.add_argument("--base_url", metavar="URL", help="of its API (default: $OPENAI_BASE_URL, or OpenAI's)")
    group.add_argument(
        "--api_key_env", default="OPENAI_API_KEY", metavar="NAME", help="variable that holds the key (%(default)s)"
    )
    group.add_argument("--prompt", metavar="FILE", help="your own, with {label}, {count} and, if you like, {labels}")
    group.add_argument("--no_label_names", action="store_true", help="refuse descriptions that contain their label")
    group.add_argument(
        "--attempts", type=between(1, 100), default=5, metavar="N", help="requests a label (default: %(default)s)"
    )
    group.add_argument(
        "--timeout", type=between(0.01, 3600.0), default=60.0, metavar="S", help="seconds a request (default: 60)"
    )
    group.add_argument(
        "--concurrency", type=between(1, 64), default=4, metavar="N", help="requests at once (default: %(default)s)"
    )
    group = parser.add_argument_group("checking")
    group.add_argument("--check", metavar="FILE", help="report labels whose descriptions are hard to tell apart")
    group.add_argument("--data_path", metavar="DIR", help="also report training clips nearer to another label's")
    group.add_argument(
        "--margin", type=between(-2.0, 2.0), default=0.0, metavar="M", help="report margins below this one (default: 0)"
    )
    group.add_argument("--sentence_encoder", default="all-MiniLM-L6-v2", metavar="NAME", help="default: %(default)s")
    group.add_argument("--json", action="store_true", help="print the whole report as JSON")
    parser.set_defaults(action=describe)


def describe(options: argparse.Namespace) -> int:
    """Asks, or checks.

    Raises:
        UserError: options do not fit together, the server does not answer, or a label has no usable answer.
    """
    if options.check is not None:
        from .check_command import check

        return check(options)
    if options.json or options.margin:
        raise UserError("--json and --margin are for --check FILE")
    if (options.labels is None) == (options.dataset is None):
        raise UserError("give the labels with --labels FILE, or those of a data set with --dataset NAME")
    if options.output is None:
        raise UserError("give the file to write with -o, such as -o descriptions.json")
    for package in ("openai", "pydantic"):
        if importlib.util.find_spec(package) is None:
            raise UserError(f'the package {package} is missing; run: pip install "mia-plugins[describe]"')
    return ask_for_all(options)


def ask_for_all(options: argparse.Namespace) -> int:
    """Asks for the descriptions that are not there yet, and completes the file."""
    from .ask import describe_labels
    from .kept import Kept, about
    from .prompt import Prompt, read_prompt
    from .secret import read_key
    from .server import Server, check_url

    # with OPENAI_LOG=debug these would log what a server says, which may be the key
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    labels = labels_of(options)
    prompt = Prompt(read_prompt(options.prompt), labels, options.count or PAPERS, not options.no_label_names)
    given = options.base_url or os.environ.get("OPENAI_BASE_URL")
    url = given or OPENAI
    host = check_url(url)
    key = read_key(options.api_key_env, needed=not given)
    kept = Kept(Path(options.output), about(prompt, options.model, host), labels, key)
    kept.begin(options.force)
    if kept.descriptions:
        print(f"{kept.part}: {len(kept.descriptions)} of {len(labels)} labels are there already")

    def keep(label: str, texts: list[str], model: str) -> None:
        kept.add(label, texts, model)
        print(f"{len(kept.descriptions)} of {len(labels)}: {short(label)}", flush=True)

    async def run() -> dict[str, str]:
        server = Server(url, options.model, key, options.timeout)
        async with server.client:
            return await describe_labels(server.ask, prompt, kept.missing, options.attempts, options.concurrency, keep)

    there = f"{kept.part} keeps what is done, the same command goes on"
    try:
        failed = asyncio.run(run()) if kept.missing else {}
    except UserError as error:
        raise UserError(f"{error}. {len(kept.descriptions)} of {len(labels)} labels: {there}") from error
    if failed:
        label, why = next(iter(failed.items()))
        raise UserError(
            f"no usable answer for {len(failed)} of {len(labels)} labels, such as {short(label)!r} after "
            f"{options.attempts} requests: {why}. {there}"
        )
    kept.finish()
    print(
        f"written: {kept.path}\nuse it: --set descriptions_path={kept.path}, or look: mia-plugins describe --check "
        f"{kept.path}"
    )
    return 0


def labels_of(options: argparse.Namespace) -> list[str]:
    """The labels that the options name."""
    from .labels import check_labels, read_labels

    if options.labels is not None:
        return read_labels(options.labels)
    from .clips import find

    dataset, _, outline = find(options.dataset, options.data_path)
    return check_labels(dataset.name, [(f"label {number}", label) for number, label in enumerate(outline.labels, 1)])
