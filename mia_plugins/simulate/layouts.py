"""Which files a benchmark reads for a data set: folders, names, widths, and how long a sequence may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..data.adapter import Adapter
from ..data_adapters.dialogue_acts import IEMOCAP_DA, MELD_DA
from ..data_adapters.mintrec import ADAPTER as MINTREC
from ..data_adapters.mintrec2 import ADAPTER as MINTREC2
from ..errors import UserError

MODALITIES = ("video", "audio")


class Place(NamedTuple):
    """Where one scope lies, relative to the data path: its tables, and the folders ``video_data`` and ``audio_data``."""

    tables: str
    features: str


class Modality(NamedTuple):
    """One modality's feature file.

    Attributes:
        file: its name inside ``video_data`` or ``audio_data``.
        width: numbers in a frame, as published.
        longest: frames of the longest sequence that every reader of this file takes.
        split_frames: whether a clip is a list of ``(1, width)`` arrays, as published, and not one ``(frames, width)``.
    """

    file: str
    width: int
    longest: int
    split_frames: bool = False


@dataclass(frozen=True)
class Layout:
    """A data set's files as one benchmark wants them.

    Attributes:
        columns: columns of the tables that the benchmark's loader reads at least.
        in_scope, out_of_scope: the places of the two scopes.
        total: the place of both together, which the benchmark's dialogue mode reads; None where it has none.
        video, audio: the feature files.
        ood_needed: whether the benchmark's own scripts cannot test without out-of-scope clips.
    """

    columns: int
    in_scope: Place
    out_of_scope: Place
    video: Modality
    audio: Modality
    total: Place | None = None
    ood_needed: bool = False

    @property
    def modalities(self) -> dict[str, Modality]:
        """Both feature files by the modality's name."""
        return {"video": self.video, "audio": self.audio}

    def with_widths(self, *, video: int | None, audio: int | None) -> Layout:
        """The same with frames of other widths; None: as published."""
        return replace(
            self,
            video=self.video._replace(width=video or self.video.width),
            audio=self.audio._replace(width=audio or self.audio.width),
        )


@dataclass(frozen=True)
class DataSet:
    """A data set's annotation tables.

    Attributes:
        name: as in ``--dataset``.
        labels: what stands for the in-scope labels in the tables.
        ood_label: what stands for out of scope.
        label_column: the label's position in a row, from 0.
        key_columns: the first columns, from which the key is made.
        key: a row's cells -> the clip's key in the feature files.
        layouts: by the benchmark's short name, the usual one first.
    """

    name: str
    labels: tuple[str, ...]
    ood_label: str
    label_column: int
    key_columns: int
    key: Callable[[Sequence[str]], str]
    layouts: Mapping[str, Layout]

    def layout(self, name: str | None) -> Layout:
        """The layout called ``name``, or the usual one.

        Raises:
            UserError: that benchmark does not have this data set.
        """
        if name is None:
            return next(iter(self.layouts.values()))
        if name not in self.layouts:
            raise UserError(f"--layout {name}: that benchmark cannot read {self.name}; use {', '.join(self.layouts)}")
        return self.layouts[name]


def _place(folder: str) -> Place:
    return Place(folder, folder)


def _mintrec(video: Modality, audio: Modality, *, ood_needed: bool = False) -> Layout:
    return Layout(5, _place("MIntRec"), _place("MIntRec-OOD"), video, audio, ood_needed=ood_needed)


def _mintrec2(columns: int, suffix: str, *, ood_needed: bool = False) -> Layout:
    return Layout(
        columns,
        _place("MIntRec2.0/in-scope"),
        _place("MIntRec2.0/out-of-scope/MIntRec2.0-OOD"),
        Modality(f"swin_roi{suffix}.pkl", 256, 180),
        Modality(f"wavlm_feats{suffix}.pkl", 768, 400),
        total=_place("MIntRec2.0/total"),
        ood_needed=ood_needed,
    )


def _dialogue_acts(adapter: Adapter, key_columns: int) -> DataSet:
    name = adapter.name
    layout = Layout(
        adapter.columns,
        Place(f"{name}/non_OOD", name),
        _place(f"{name}-OOD"),
        Modality("swin_feats.pkl", 1024, adapter.max_lengths["video"]),
        Modality("wavlm_feats.pkl", 768, adapter.max_lengths["audio"]),
    )
    layouts = {"mmoir": layout, "mintood": layout}
    column, key = adapter.label_column, adapter.key
    return DataSet(name, tuple(adapter.codes), adapter.ood_label, column, key_columns, key, layouts)


def _from_adapter(adapter: Adapter, key_columns: int, layouts: Mapping[str, Layout]) -> DataSet:
    column, key = adapter.label_column, adapter.key
    return DataSet(adapter.name, adapter.labels, adapter.ood_label, column, key_columns, key, layouts)


# MIntRec's own loader takes sequences below 230 and 480 frames
RESNET, WAV2VEC2 = Modality("video_feats.pkl", 256, 225, split_frames=True), Modality("audio_feats.pkl", 768, 477)
SWIN, WAVLM = Modality("swin_feats.pkl", 1024, 225), Modality("wavlm_feats.pkl", 768, 477)

DATA_SETS = {
    data_set.name: data_set
    for data_set in (
        _from_adapter(
            MINTREC,
            3,
            {
                "mintrec": _mintrec(RESNET, WAV2VEC2),
                "mmoir": _mintrec(RESNET, WAV2VEC2),
                "mintood": _mintrec(SWIN, WAVLM, ood_needed=True),
            },
        ),
        _from_adapter(
            MINTREC2,
            2,
            {
                "mmoir": _mintrec2(8, ""),  # it reads the speaker, too
                "mintrec2": _mintrec2(4, "_binary", ood_needed=True),
            },
        ),
        _dialogue_acts(MELD_DA, 2),
        _dialogue_acts(IEMOCAP_DA, 1),
    )
}
