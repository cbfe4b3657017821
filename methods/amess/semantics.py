"""Embeddings of the label descriptions, ``S_l`` of Eq. 15: computed once by a sentence encoder, then cached."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mia_plugins.errors import UserError
from mia_plugins.nn.backbones import load, quiet_transformers
from mia_plugins.nn.lookup import resolve
from mia_plugins.system.array_files import read_array
from mia_plugins.system.files import cache_folder, whole_file


def embed_descriptions(descriptions: list[list[str]], encoder: str) -> Tensor:
    """Embeds every label's descriptions.

    Args:
        descriptions: for each label the same number of sentences.
        encoder: name, hub id or folder of a sentence encoder.

    Returns:
        ``(labels, descriptions, width)`` float32.

    Raises:
        UserError: the encoder cannot be loaded.
    """
    source = resolve(encoder)
    path = cache_folder() / "descriptions" / f"{_key(descriptions, source)}.npy"
    with suppress(FileNotFoundError, UserError):  # not there yet, or damaged: computed again
        kept = read_array(path)
        if kept.dtype == np.float32 and kept.ndim == 3 and kept.shape[:2] == (len(descriptions), len(descriptions[0])):
            return torch.from_numpy(kept)
    vectors = encode_descriptions(descriptions, source)
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.save(file, vectors.numpy())
    return vectors


def encode_descriptions(descriptions: list[list[str]], source: str) -> Tensor:
    """As :func:`embed_descriptions`, by the sentence encoder at ``source``; leaves the random state alone."""
    random_state = torch.get_rng_state()
    vectors = sentence_vectors(load_sentence_encoder(source), descriptions)
    torch.set_rng_state(random_state)  # with or without the cache, what follows draws the same
    return vectors


def encode(sentences: Sequence[str], encoder: str) -> np.ndarray:
    """Embeds sentences; nothing is cached on disk, and the encoder stays in memory for the next ones.

    Args:
        sentences: any number.
        encoder: name, hub id or folder of a sentence encoder.

    Returns:
        ``(sentences, width)`` float32.

    Raises:
        UserError: the encoder cannot be loaded.
    """
    random_state = torch.get_rng_state()
    vectors = sentence_vectors(_kept_encoder(resolve(encoder)), [list(sentences)])
    torch.set_rng_state(random_state)
    return vectors[0].numpy()


def load_sentence_encoder(source: str) -> Any:
    """The sentence encoder at ``source``, on the CPU.

    Raises:
        UserError: it cannot be loaded.
    """
    quiet_transformers()
    from sentence_transformers import SentenceTransformer

    return load(lambda name, **_: SentenceTransformer(name, device="cpu"), source, "sentence encoder")


_kept_encoder = lru_cache(maxsize=1)(load_sentence_encoder)


def sentence_vectors(model: Any, descriptions: list[list[str]]) -> Tensor:
    """Float32 embeddings ``(labels, descriptions, width)`` of equally long lists of sentences."""
    sentences = [sentence for label in descriptions for sentence in label]
    vectors = model.encode(sentences, show_progress_bar=False, convert_to_numpy=True)
    return torch.from_numpy(vectors.astype(np.float32).reshape(len(descriptions), -1, vectors.shape[-1]))


def _key(descriptions: list[list[str]], source: str) -> str:
    """Changes with the sentences, the encoder, and a local encoder's files, those of its pooling in subfolders too."""
    files = [
        (str(file.relative_to(source)), file.stat().st_size, file.stat().st_mtime_ns)
        for file in sorted(Path(source).rglob("*"))
        if os.path.isdir(source) and file.is_file()
    ]
    return hashlib.sha256(repr((descriptions, source, files)).encode()).hexdigest()[:32]
