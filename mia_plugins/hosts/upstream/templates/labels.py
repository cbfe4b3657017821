"""The intents of a data set, in the order of their ids."""

from __future__ import annotations

from typing import Any

from data import benchmarks


def intent_labels(args: Any) -> Any:
    """The in-scope intents, in the order of their ids."""
    return benchmarks[args.dataset]["intent_labels"]


def fine_or_coarse_labels(args: Any) -> Any:
    """The intents in the order of their ids; with ``--data_mode binary-class`` the two coarse ones."""
    labels = benchmarks[args.dataset]["intent_labels"]
    return labels if len(labels) == args.num_labels else benchmarks[args.dataset]["binary_intent_labels"]
