"""Word embeddings of given descriptions of the clips, projected to the width of video and of audio features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .annotations import Annotations, Clip, read_with_header
from .layouts import DataSet, Modality

BATCH_SIZE = 64
WIDTHS = (256, 768, 1024)  # drawn first and always, so that such a width's projection is the same in every layout


@dataclass(frozen=True)
class Wording:
    """Which columns of the descriptions stand for a modality, and how much of them.

    Args:
        columns: by modality, parts of column names; the columns whose names hold them are joined.
        words: by modality, the longest sequence in tokens.
        seed: of the projections.
    """

    columns: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {"video": ("Actions", "Interaction"), "audio": ("Emotions",)}
    )
    words: Mapping[str, int] = field(default_factory=lambda: {"video": 120, "audio": 60})
    seed: int = 0


def read_descriptions(paths: Iterable[Path], data_set: DataSet, wording: Wording) -> dict[str, dict[str, str]]:
    """The text of each modality by clip's key.

    Args:
        paths: tab-separated tables that name a clip in the same first columns as the data set's annotations.
        data_set: the data set.
        wording: which columns are wanted.

    Raises:
        UserError: a table cannot be read, or lacks a column.
    """
    texts: dict[str, dict[str, str]] = {}
    for path in paths:
        header, rows = read_with_header(path, data_set.key_columns + 1)
        places = {
            modality: [place for part in parts for place in _columns(path, header, part)]
            for modality, parts in wording.columns.items()
        }
        for row in rows:
            found = {modality: " ".join(row.cells[i] for i in columns) for modality, columns in places.items()}
            texts[data_set.key(row.cells)] = found
    return texts


def _columns(path: Path, header: Sequence[str], part: str) -> list[int]:
    places = [i for i, name in enumerate(header) if part in name]
    if not places:
        raise UserError(
            f"{path}, row 1: no column's name holds {part!r}; it has {', '.join(header)}; choose some of these with "
            "--video_columns and --audio_columns"
        )
    return places


class Describer:
    """Turns texts into sequences of projected word embeddings.

    Args:
        encoder: name, hub id or folder of a pre-trained encoder.
        widths: of the projections that will be asked for.
        seed: of the projections.
    """

    def __init__(self, encoder: str, widths: Iterable[int], seed: int) -> None:
        from ..nn.backbones import load, load_tokenizer, quiet_transformers
        from ..nn.lookup import resolve

        source = resolve(encoder)
        self.tokenizer = load_tokenizer(source)
        model: Any = load(quiet_transformers().AutoModel.from_pretrained, source, "encoder of descriptions")
        self.model = model.float().eval()
        generator, dim = np.random.default_rng(seed), model.config.hidden_size
        self.projections = {
            width: (generator.normal(size=(dim, width)) / np.sqrt(dim)).astype(np.float32)
            for width in dict.fromkeys((*WIDTHS, *widths))
        }

    def sequences(self, texts: Sequence[str], width: int, words: int) -> Iterator[tuple[int, np.ndarray]]:
        """Each text's place among ``texts`` and its float32 ``(tokens, width)``, short texts first."""
        import torch

        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            batch = self.tokenizer(
                [texts[i] for i in chosen], padding=True, truncation=True, max_length=words, return_tensors="pt"
            )
            with torch.inference_mode():
                states = self.model(**batch).last_hidden_state.numpy()
            for i, state, mask in zip(chosen, states, batch["attention_mask"].numpy()):
                yield i, state[mask.astype(bool)] @ self.projections[width]


def described_features(
    annotations: Annotations,
    texts: Mapping[str, Mapping[str, str]],
    modalities: Mapping[str, Modality],
    wording: Wording,
    encoder: str,
) -> Iterator[tuple[Clip, str, np.ndarray]]:
    """Clip, modality and features of every clip, a split and modality after the other, in any order of the clips.

    Raises:
        UserError: the encoder cannot be loaded.
    """
    describer = Describer(encoder, [modality.width for modality in modalities.values()], wording.seed)
    for clips in annotations.splits.values():
        for name, modality in modalities.items():
            wanted = [texts[clip.key][name] for clip in clips]
            words = min(wording.words[name], modality.longest)
            for i, features in describer.sequences(wanted, modality.width, words):
                yield clips[i], name, features


def check_described(annotations: Annotations, texts: Mapping[str, object], paths: Sequence[Path]) -> None:
    """Raise a UserError for the first clip without a description."""
    for clips in annotations.splits.values():
        for clip in clips:
            if clip.key not in texts:
                raise UserError(
                    f"{clip.where}: clip {clip.key} has no description in {', '.join(map(str, paths))}; add it, give "
                    "the file that has it with --descriptions, or take the row out"
                )
