"""What belongs to an utterance's history, by a command's options."""

from __future__ import annotations

import argparse
from typing import Any

from ..data.context import Context
from ..errors import UserError
from ..nn.lookup import positions

OPTIONS = ("context", "context_turns", "context_len", "context_from")
DIALOGUE = ("dialogue_mode", *OPTIONS)
SINGLE_TURNS = {
    "dialogue_mode": "single_turn",
    **dict.fromkeys(OPTIONS),
}  # of models that were kept before there were any
MOST_CONTEXT = 100.0  # times the longest utterance


def add_options(group: Any, whole: Any, real: Any) -> None:
    """Adds the options to a group of a parser.

    Args:
        group: of options.
        whole, real: the types of whole and of real numbers in a range.
    """
    group.add_argument(
        "--dialogue_mode",
        default="single_turn",
        choices=("single_turn", "multi_turn"),
        help="multi_turn: each utterance with what was said before it (default: single_turn)",
    )
    group.add_argument(
        "--context",
        choices=("none", "same_speaker", "all"),
        help="of multi_turn: whose earlier utterances; none: nobody's (default: same_speaker)",
    )
    group.add_argument(
        "--context_turns",
        type=whole(1, 1_000_000),
        metavar="N",
        help="how many of them (default: all there is room for)",
    )
    group.add_argument(
        "--context_len",
        type=real(0, MOST_CONTEXT),
        metavar="X",
        help="room for them, as a multiple of the longest utterance (default: 1)",
    )
    group.add_argument(
        "--context_from",
        choices=("same_split", "all_splits"),
        help="all_splits: dev sees train's utterances, too, and test all; train sees its own (default: same_split)",
    )


def context_of(options: argparse.Namespace) -> Context | None:
    """What the options say of the history; None: single turns.

    Raises:
        UserError: an option that says something of the history where there is none.
    """
    given = [name for name in OPTIONS if getattr(options, name) is not None]
    none = options.dialogue_mode == "single_turn"
    if none and given:
        raise UserError(f"--{given[0]}: is for --dialogue_mode multi_turn; add that, or leave --{given[0]} out")
    if none:
        return None
    if options.context == "none":
        if len(given) > 1:
            other = next(name for name in given if name != "context")
            raise UserError(f"--{other}: nobody's utterances are context with --context none; leave one of them out")
        return None
    return Context(
        who=options.context or "same_speaker",
        most_turns=options.context_turns,
        context_len=1.0 if options.context_len is None else options.context_len,
        source=options.context_from or "same_split",
    )


def chosen(options: argparse.Namespace) -> dict[str, Any] | None:
    """The options of a history with their defaults filled in, for records and identities; None: single turns."""
    context = context_of(options)
    if context is None:
        return None
    return {
        "dialogue_mode": "multi_turn",
        "context": context.who,
        "context_turns": context.most_turns,
        "context_len": context.context_len,
        "context_from": context.source,
    }


def check_positions(source: str, text_length: int) -> None:
    """Checks that a text backbone has a position for every token of a text with its history.

    Raises:
        UserError: it has fewer.
    """
    most = positions(source)
    if most is not None and text_length > most:
        raise UserError(
            f"--context_len: a text with its history has up to {text_length} tokens, the text backbone takes {most}; "
            "give a smaller one"
        )


def earlier_texts(context: Context | None, said: Any, speaker: Any, single: bool, count: int) -> list[list[str]] | None:
    """The history of utterances that come without a data set, newest first.

    Args:
        context: of the model; None: single turns.
        said: for each utterance what was said before, in its order, as pairs ``(speaker, text)``; None: nothing.
        speaker: of each utterance; None: unknown.
        single: whether ``said`` and ``speaker`` are of one utterance, not lists.
        count: utterances.

    Raises:
        UserError: they do not fit the utterances or the model, or are no pairs of texts.
    """
    if context is None:
        if said is not None or speaker is not None:
            raise UserError("predict: this model is for single turns; leave context and speaker out")
        return None
    histories = [[]] * count if said is None else [said] if single else list(said)
    speakers = [None] * count if speaker is None else [speaker] if single else list(speaker)
    if len(histories) != count or len(speakers) != count:
        raise UserError(f"predict: context and speaker should be lists of {count}, one for each text")
    found = []
    for turns, now in zip(histories, speakers):
        try:
            pairs = [(who, text) for who, text in turns]
        except (TypeError, ValueError):
            pairs = [(None, None)]
        if not all(isinstance(text, str) for _, text in pairs):
            raise UserError("predict: context should be a list of pairs (speaker, text)")
        if context.who == "same_speaker" and pairs and now is None:
            raise UserError("predict: this model reads what the same speaker said before; give speaker, too")
        texts = [text for who, text in reversed(pairs) if context.who == "all" or who == now]
        found.append(texts[: context.most_turns])
    return found
