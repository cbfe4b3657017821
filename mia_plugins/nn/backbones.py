"""Loading pre-trained encoders and their tokenizers, without the network where possible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ..errors import UserError
from .encoder import TextEncoder
from .lookup import DOWNLOAD, check_encoder, local_folder


def load(loader: Callable[..., Any], source: str, what: str) -> Any:
    """Runs a ``from_pretrained``, on local files alone if there are any.

    Raises:
        UserError: nothing there can be loaded; says what to do.
    """
    check_encoder(source, what)
    local = local_folder(source) is not None
    try:
        return loader(source, local_files_only=True) if local else loader(source)
    except Exception as error:  # the libraries raise anything, from OSError to errors of their parsers
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        remedy = "check that the folder holds config.json, the weights and the tokenizer's files" if local else DOWNLOAD
        raise UserError(f"{what} {source[:100]!r} cannot be loaded: {remedy.format(source)} ({reason})") from error


def quiet_transformers() -> Any:
    """The library, without its load reports and progress bars on stderr."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def load_tokenizer(source: str) -> Any:
    """The tokenizer that belongs to a text backbone (see :func:`resolve`).

    Raises:
        UserError: it cannot be loaded, or it makes ids for which the backbone has no embedding.
    """
    transformers = quiet_transformers()
    tokenizer = load(transformers.AutoTokenizer.from_pretrained, source, "tokenizer of text backbone")
    config = load(transformers.AutoConfig.from_pretrained, source, "text backbone")
    known, most = getattr(config, "vocab_size", None), max(tokenizer.get_vocab().values(), default=0)
    if isinstance(known, int) and most >= known:
        raise UserError(
            f"text backbone {source[:100]!r}: its tokenizer has ids up to {most}, its embedding {known} rows; "
            "copy the tokenizer's files of this encoder there"
        )
    return tokenizer


def load_encoder(source: str, with_pooler: bool = False, heads: int = 1) -> TextEncoder:
    """The text backbone in float32 (see :func:`resolve`).

    The random state afterwards is that of the seed set last: versions of transformers draw differently while they load,
    and what is built on top should start the same with all of them.

    Args:
        source: a folder or hub id.
        with_pooler: keep its pooler.
        heads: of a method's own attention at the encoder's width, which they must divide.

    Raises:
        UserError: it cannot be loaded, or its width cannot be split among the heads.
    """
    model = load(
        architecture if is_bare(source) else quiet_transformers().AutoModel.from_pretrained, source, "text backbone"
    )
    torch.manual_seed(torch.initial_seed())
    encoder = TextEncoder(model.float(), with_pooler)
    if encoder.dim % heads:
        raise UserError(f"heads={heads} should divide the width of {source}, {encoder.dim}")
    return encoder


BARE = "weights_are_in_the_model"  # a file that marks the folder of an encoder kept as its configuration alone


def keep_bare(source: str, folder: Path) -> None:
    """Keeps an encoder's configuration and tokenizer in a folder; its weights are part of a model saved beside it."""
    transformers = quiet_transformers()
    load(transformers.AutoConfig.from_pretrained, source, "text backbone").save_pretrained(folder)
    load_tokenizer(source).save_pretrained(folder)
    (folder / BARE).touch()


def is_bare(source: str) -> bool:
    """Whether :func:`keep_bare` made this folder."""
    return (Path(source) / BARE).is_file()


def architecture(source: str, **options: Any) -> Any:
    """An encoder with untrained weights, to be replaced by those of a saved model."""
    transformers = quiet_transformers()
    return transformers.AutoModel.from_config(transformers.AutoConfig.from_pretrained(source, **options))
