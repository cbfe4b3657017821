"""What a data set is: anything that reads its files when a command asks for clips.

Nothing here reads a file. :class:`~mia_plugins.data.adapter.Adapter` is one such thing, for tables beside pickled features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .problem import Problem

if TYPE_CHECKING:
    from .clips import Clips, LoadedData


@dataclass(frozen=True)
class DataRequest:
    """Which clips a command asks for; all but ``names`` are its options, under the benchmarks' names.

    Args:
        data_path: where the files lie.
        names: the splits to read; files of no other are needed.
        data_mode: ``multi-class`` or, if the data set has coarse labels, ``binary-class``.
        train_ood: out-of-scope clips for training and development, too.
        test_ood: out-of-scope clips for the test, too.
        ood_dataset: name of the out-of-scope set; None: the usual one.
        video_feats, audio_feats: a kind of features such as ``swin-roi`` or a file's name; None: the first known file that
            exists.
        video_data_path, audio_data_path: the feature folders inside a scope's folder.
    """

    data_path: str
    names: tuple[str, ...] = ("train", "dev", "test")
    data_mode: str = "multi-class"
    train_ood: bool = False
    test_ood: bool = False
    ood_dataset: str | None = None
    video_feats: str | None = None
    audio_feats: str | None = None
    video_data_path: str = "video_data"
    audio_data_path: str = "audio_data"


@dataclass(frozen=True)
class Outline:
    """What is known of a data set before its features are read.

    Attributes:
        dataset: the data set's name.
        labels: the in-scope labels in the order of their ids; of a regression, the name of the number, alone.
        problem: what is learned.
        descriptions: label -> sentences that say what it means; None: the data set has none.
    """

    dataset: str
    labels: tuple[str, ...]
    problem: Problem = "multi-class"
    descriptions: Mapping[str, Sequence[str]] | None = None


class DataSet(Protocol):
    """What the core needs of a data set; nothing has to inherit from this.

    A data set that lies in a folder of its own may have ``data_path``, that folder, for when no ``--data_path`` is given.

    Attributes:
        name: as in ``--dataset``, in results and in the names of configs.
        max_lengths: ``text`` in tokens, special ones included, ``video`` and ``audio`` in frames.
        ood_dataset: the usual ``--ood_dataset``; empty if it has none.
        code: functions and classes whose source, that of their whole package, shapes what is read.
    """

    @property
    def name(self) -> str: ...

    @property
    def max_lengths(self) -> Mapping[str, int]: ...

    @property
    def ood_dataset(self) -> str: ...

    @property
    def code(self) -> Sequence[Any]: ...

    def outline(self, request: DataRequest) -> Outline:
        """What is known before features are read.

        Raises:
            UserError: the request cannot be met, or a file that this needs is wrong.
        """
        ...

    def files(self, request: DataRequest) -> Sequence[Path]:
        """The files, and folders of feature files, that a run reads; by their content it is known. Those of all splits.

        Raises:
            UserError: the data set is not there.
        """
        ...

    def read(self, request: DataRequest) -> LoadedData:
        """The clips of the splits asked for, and as ``ood_train``, ``ood_dev`` and ``ood_test`` the out-of-scope ones.

        Raises:
            UserError: something is wrong with a file, row, label, clip or option.
        """
        ...

    def read_unlabelled(self, request: DataRequest, max_lengths: Mapping[str, int]) -> Clips:
        """The clips of the first split asked for, whatever is said of their labels; their label ids are -1.

        Args:
            request: with ``ood_dataset``, that set is read instead.
            max_lengths: the most frames of ``video`` and ``audio``.

        Raises:
            UserError: something is wrong with a file, row, clip or option.
        """
        ...


MEMBERS = ("name", "max_lengths", "ood_dataset", "code", "outline", "files", "read", "read_unlabelled")


def lacking(thing: Any) -> list[str]:
    """The members that a thing lacks to be a :class:`DataSet`; a class is none, its instances may be.

    >>> lacking(object())[:2], lacking(type("Mine", (), dict.fromkeys(MEMBERS))())
    (['name', 'max_lengths'], [])
    """
    return [name for name in MEMBERS if isinstance(thing, type) or not hasattr(thing, name)]
