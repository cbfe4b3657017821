"""Finding and loading pre-trained encoders: by table name, hub id or folder, without the network where that is possible."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ..errors import UserError
from .encoder import TextEncoder
from .packaged import demo_encoder

DEMO = "all-MiniLM-L6-v2"
SMALL = 384  # width of a small encoder
HUB_IDS = {DEMO: f"sentence-transformers/{DEMO}"}  # other names are hub ids already


def resolve(name: str) -> str:
    """The folder of a pre-trained encoder, or its hub id where no folder is known.

    Args:
        name: a folder, a hub id, or ``all-MiniLM-L6-v2``, which the package extra ``[demo]`` brings along.
    """
    if os.path.isdir(name):
        return str(Path(name).resolve())
    if name == DEMO:
        try:
            return str(demo_encoder())
        except UserError:
            if not in_cache(HUB_IDS[DEMO]):
                raise
    return HUB_IDS.get(name, name)


def hidden_size(name: str) -> int | None:
    """The width of a pre-trained encoder, by its ``config.json``; None where that is not on this machine."""
    source = resolve(name)
    path: Any = Path(source) / "config.json"
    if not os.path.isdir(source):
        from huggingface_hub import try_to_load_from_cache

        path = try_to_load_from_cache(source, "config.json")
    try:
        width = json.loads(Path(path).read_text(encoding="utf-8"))["hidden_size"]
    except (OSError, TypeError, ValueError, KeyError):
        return None
    return width if isinstance(width, int) else None


def is_small(name: str) -> bool:
    """Whether a pre-trained encoder is small (at most 384 wide, as MiniLM): such ones bear a higher learning rate."""
    return (hidden_size(name) or SMALL + 1) <= SMALL


def short_name(name: str) -> str:
    """A name that fits into a file name: the last part of a folder or hub id."""
    return Path(name.rstrip("/")).name


def in_cache(hub_id: str) -> bool:
    """Whether the hub's local cache holds this id's configuration."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(hub_id, "config.json"), str)


def load(loader: Callable[..., Any], source: str, what: str) -> Any:
    """Runs a ``from_pretrained``, on local files alone if there are any.

    Raises:
        UserError: nothing there can be loaded; says what to do.
    """
    local = os.path.isdir(source) or in_cache(source)
    try:
        return loader(source, local_files_only=True) if local else loader(source)
    except Exception as error:  # the libraries raise anything from OSError to their parsers' own errors
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        remedy = (
            "check that the folder holds config.json, the weights and the tokenizer's files"
            if local
            else f"no folder of that name exists and the hub cannot be reached; where there is a network, run "
            f"`huggingface-cli download {source} --local-dir DIR`, then give DIR instead"
        )
        raise UserError(f"{what} {source!r} cannot be loaded: {remedy} ({reason})") from error


def quiet_transformers() -> Any:
    """The library, without its load reports and progress bars on stderr."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def load_tokenizer(source: str) -> Any:
    """The tokenizer that belongs to a text backbone (see :func:`resolve`)."""
    return load(quiet_transformers().AutoTokenizer.from_pretrained, source, "tokenizer of text backbone")


def load_encoder(source: str, with_pooler: bool = False) -> TextEncoder:
    """The text backbone in float32 (see :func:`resolve`).

    The random state afterwards is that of the seed set last: eras of transformers draw differently while they load,
    and what is built on top should start the same on all of them.
    """
    model = load(quiet_transformers().AutoModel.from_pretrained, source, "text backbone")
    torch.manual_seed(torch.initial_seed())
    return TextEncoder(model.float(), with_pooler)
