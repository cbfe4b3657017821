"""``mia-plugins data show``: one clip of a data set."""

from __future__ import annotations

import argparse
import difflib
from typing import TYPE_CHECKING, Any

from ..data.dataset import DataRequest
from ..errors import UserError, short
from ..plugin.registry import find_dataset
from .check_command import recognized

if TYPE_CHECKING:
    from ..data.clips import Clips, LoadedData


def add_parser(subparsers: Any) -> None:
    """Adds the command to those of ``mia-plugins data``."""
    parser = subparsers.add_parser(
        "show", help="one clip of a data set", description="Prints a clip's text, label, split, row and frames."
    )
    parser.add_argument("data_path", metavar="DIR", help="the data set's folder, as --data_path of a run")
    parser.add_argument("key", metavar="KEY", help="the clip's name in the feature files")
    parser.add_argument(
        "--dataset", metavar="NAME", help="which data set it is (default: the one whose files are there)"
    )
    parser.add_argument("--ood", action="store_true", help="look among out-of-scope clips, too")
    parser.add_argument("--video_feats", metavar="NAME", help="as in run.py")
    parser.add_argument("--audio_feats", metavar="NAME", help="as in run.py")
    parser.set_defaults(action=show)


def show(options: argparse.Namespace) -> int:
    """Prints the clip, in every split that has it.

    Raises:
        UserError: the data set cannot be read, or has no such clip.
    """
    request = DataRequest(
        options.data_path,
        train_ood=options.ood,
        test_ood=options.ood,
        video_feats=options.video_feats,
        audio_feats=options.audio_feats,
    )
    data = (find_dataset(options.dataset) if options.dataset else recognized(request)).read(request)
    places = [
        (name, i) for name, clips in data.splits.items() for i, key in enumerate(clips.keys) if key == options.key
    ]
    if not places:
        keys = [key for clips in data.splits.values() for key in clips.keys]
        close = difflib.get_close_matches(options.key, keys, n=3) or keys[:3]
        raise UserError(f"{options.data_path}: has no clip {short(options.key)!r}; it has such as {', '.join(close)}")
    print("\n\n".join("\n".join(lines(data, name, i)) for name, i in places))
    return 0


def lines(data: LoadedData, split: str, i: int) -> list[str]:
    """What is known of a clip, one thing a line."""
    clips = data.splits[split]
    known = {
        "clip": clips.keys[i],
        "split": split,
        "row": None if clips.rows is None else clips.rows[i],
        "text": clips.texts[i],
        "label": label(data, clips, i),
        "dialogue": None if clips.dialogues is None else clips.dialogues[i],
        "turn": None if clips.turns is None else clips.turns[i],
        "speaker": None if clips.speakers is None else clips.speakers[i],
        "video": frames(clips.video[i]),
        "audio": frames(clips.audio[i]),
    }
    return [f"{name:9}{value}" for name, value in known.items() if value not in (None, "")]


def label(data: LoadedData, clips: Clips, i: int) -> str:
    """A clip's label, labels or number in words."""
    value = clips.label_ids[i]
    if data.problem == "regression":
        return f"{data.labels[0]} {value:g}"
    if data.problem == "multi-label":
        return ", ".join(name for name, there in zip(data.labels, value) if there) or "none"
    return data.labels[value] if value < len(data.labels) else "out of scope"


def frames(values: Any) -> str:
    """The shape and simple statistics of frames."""
    if not len(values):
        return "none"
    shape = f"{values.shape[0]} frames of {values.shape[1]}"
    return f"{shape}, from {values.min():.4g} to {values.max():.4g}, mean {values.mean():.4g}, deviation {values.std():.4g}"
