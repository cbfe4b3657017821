"""``mia-plugins predict``: a kept model's answers to new utterances, one JSON object a line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import UserError

if TYPE_CHECKING:
    from .predictor import Answer, Predictor

AT_ONCE = 64  # lines that are answered together


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "predict",
        help="ask a kept model for the intents of utterances",
        description="Prints one JSON object per utterance: its intent, probabilities, and whether it is "
        "out of scope; its labels where there may be several; or its number. Reads utterances from standard input, one a "
        "line, or a data set's table with its features; labels in the table are not read.",
    )
    parser.add_argument("model", metavar="RUN", help="folder of a run that kept its model, such as outputs/latest")
    parser.add_argument("--data_path", metavar="DIR", help="a data set in the layout that the model was trained on")
    parser.add_argument("--split", default="test", choices=("train", "dev", "test"), help="default: %(default)s")
    parser.add_argument("--ood_dataset", metavar="NAME", help="read that out-of-scope set's table instead")
    parser.add_argument("--video_feats", metavar="NAME", help="as in run.py")
    parser.add_argument("--audio_feats", metavar="NAME", help="as in run.py")
    parser.add_argument(
        "--top", type=int, default=3, metavar="N", help="intents to name (default: %(default)s; 0: all)"
    )
    parser.add_argument("--gpu_id", metavar="N", help="GPU to use, or cpu (default: a GPU if there is one)")
    parser.set_defaults(action=predict)


def predict(options: argparse.Namespace) -> int:
    """Prints the answers.

    Raises:
        UserError: there is no model, or the data does not fit it.
    """
    from .predictor import load

    if options.top < 0:
        raise UserError(f"--top {options.top}: give a number of intents, or 0 for all")
    if options.data_path is None and (options.ood_dataset or options.video_feats or options.audio_feats):
        raise UserError(
            "--ood_dataset, --video_feats and --audio_feats choose among a data set's files; add --data_path"
        )
    predictor = load(options.model, options.gpu_id)
    answers = of_lines(predictor) if options.data_path is None else of_table(predictor, options)
    for about, answer in answers:
        print(json.dumps({**about, **shown(answer, options.top)}, ensure_ascii=False), flush=True)
    return 0


def shown(answer: Answer, top: int) -> dict[str, Any]:
    """A prediction as it is printed."""
    from .predictor import Number, SeveralLabels

    if isinstance(answer, Number):
        return {answer.name: round(answer.value, 6)}
    ranked = dict(islice(answer.probabilities.items(), top or None))
    probabilities = {label: round(share, 6) for label, share in ranked.items()}
    if isinstance(answer, SeveralLabels):
        return {"labels": list(answer.labels), "probabilities": probabilities}
    return {"intent": answer.intent, "out_of_scope": answer.out_of_scope, "probabilities": probabilities}


def of_lines(predictor: Predictor) -> Iterator[tuple[dict[str, str], Answer]]:
    """Answers to the lines of standard input, which have neither video nor audio."""
    lines = (line.strip() for line in sys.stdin)
    utterances = (line for line in lines if line)
    at_once = 1 if sys.stdin.isatty() else AT_ONCE  # a person waits for each answer
    while texts := list(islice(utterances, at_once)):
        yield from zip(({"text": text} for text in texts), predictor.predict(texts))


def of_table(predictor: Predictor, options: argparse.Namespace) -> Iterator[tuple[dict[str, str], Answer]]:
    """Answers to the clips of a table."""
    import numpy as np

    from ..data.dataset import DataRequest
    from ..data.dialogues import with_history
    from ..plugin.registry import DATASET_GROUP, find_dataset, names

    task, longest = predictor.kept.task, predictor.longest()
    request = DataRequest(
        data_path=options.data_path,
        names=(options.split,),
        ood_dataset=options.ood_dataset,
        video_feats=options.video_feats,
        audio_feats=options.audio_feats,
    )
    # a model of somebody's folder knows the folder's name alone
    dataset = find_dataset(task.dataset if task.dataset in names(DATASET_GROUP) else options.data_path)
    clips = dataset.read_unlabelled(request, longest)
    for name, frames, width in (("video", clips.video, task.video_dim), ("audio", clips.audio, task.audio_dim)):
        if frames[0].shape[1] != width:
            raise UserError(
                f"{options.data_path}: {name} frames have {frames[0].shape[1]} numbers, the model takes {width}; "
                f"choose the features it was trained on with --{name}_feats"
            )
    if predictor.context is not None:
        clips = with_history(clips, clips, np.arange(len(clips)), predictor.context, longest)
    about = ({"key": key, "text": text} for key, text in zip(clips.keys, clips.texts))
    yield from zip(about, predictor.answers(clips))
