"""What the loader must know of a data set: labels, columns, lengths, and where its files may lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Adapter:
    """One data set as its benchmark publishes it.

    Folders are relative to ``--data_path``, the most common first; ``{ood_dataset}`` stands for the option of that name.

    Attributes:
        name: as in ``--dataset``.
        labels: the benchmark's intent labels in its order, so that label ids are the benchmark's.
        columns: the least number of columns that an annotation table needs.
        text_column, label_column: their positions, from 0.
        key: a row's cells -> the clip's key in the feature files.
        max_lengths: ``text`` in tokens, special ones included, ``video`` and ``audio`` in frames.
        in_scope, out_of_scope: folders that hold the tables of that scope and its feature folders.
        total: folders that hold both scopes in one, used if a scope has no folder.
        ood_dataset: the usual ``--ood_dataset``.
        video_files, audio_files: name as in ``--video_feats`` -> file names; the usual ones first.
        binary_map: label -> coarse label; empty if the benchmark has no binary task.
        ood_label: the label of out-of-scope clips.
    """

    name: str
    labels: tuple[str, ...]
    columns: int
    text_column: int
    label_column: int
    key: Callable[[Sequence[str]], str]
    max_lengths: Mapping[str, int]
    in_scope: tuple[str, ...]
    out_of_scope: tuple[str, ...]
    ood_dataset: str
    video_files: Mapping[str, tuple[str, ...]]
    audio_files: Mapping[str, tuple[str, ...]]
    total: tuple[str, ...] = ()
    binary_map: Mapping[str, str] = field(default_factory=dict)
    ood_label: str = "UNK"

    @property
    def binary_labels(self) -> tuple[str, ...]:
        """The coarse labels, in the order in which the labels first lead to them."""
        return tuple(dict.fromkeys(self.binary_map[label] for label in self.labels if label in self.binary_map))
