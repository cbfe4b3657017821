"""A data set of tables beside pickled features: its labels, columns and lengths, and where its files may lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dataset import DataRequest, Outline
from .places import files_of
from .splits import label_ids

if TYPE_CHECKING:
    from .clips import Clips, LoadedData


@dataclass(frozen=True)
class OodTable:
    """The tables of another data set, all of whose rows are out of scope, whatever their labels.

    Attributes:
        text_column: position of the text, from 0.
        key: a row's cells -> the clip's key in the feature files.
    """

    text_column: int
    key: Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Adapter:
    """One data set as its benchmark publishes it, a :class:`~mia_plugins.data.dataset.DataSet`.

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
        codes: what stands for a label in the tables -> the label; empty if the labels themselves do.
        tables: the folder of the in-scope tables inside that of the scope; empty if they are directly in it.
        turn: a row's cells -> its dialogue, its place there (any number that rises), and who speaks (empty: unknown);
            None: clips are no turns of dialogues.
        ood_tables: ``--ood_dataset`` -> its columns, for data sets with others than this one.
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
    codes: Mapping[str, str] = field(default_factory=dict)
    tables: str = ""
    turn: Callable[[Sequence[str]], tuple[str, int, str]] | None = None
    ood_tables: Mapping[str, OodTable] = field(default_factory=dict)

    @property
    def binary_labels(self) -> tuple[str, ...]:
        """The coarse labels, in the order in which the labels first lead to them."""
        return tuple(dict.fromkeys(self.binary_map[label] for label in self.labels if label in self.binary_map))

    @property
    def code(self) -> tuple[Any, ...]:
        """The functions that read rows, and with them the source of the packages that describe the data set."""
        others = dict.fromkeys(table.key for table in self.ood_tables.values())
        return tuple(each for each in (self.key, self.turn, *others) if each is not None)

    def outline(self, request: DataRequest) -> Outline:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        return Outline(self.name, label_ids(self, request.data_mode)[0])

    def files(self, request: DataRequest) -> list[Path]:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        return files_of(self, request)

    def read(self, request: DataRequest) -> LoadedData:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        from .clips import load_clips  # here, so that a list of data sets starts at once

        return load_clips(self, **vars(request))

    def read_unlabelled(self, request: DataRequest, max_lengths: Mapping[str, int]) -> Clips:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        from .clips import load_unlabelled

        return load_unlabelled(
            self,
            request.data_path,
            request.names[0],
            ood_dataset=request.ood_dataset,
            video_feats=request.video_feats,
            audio_feats=request.audio_feats,
            max_lengths=max_lengths,
        )
