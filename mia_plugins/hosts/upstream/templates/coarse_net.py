"""The network as the host's map calls it, where a data set may have coarse labels."""

from __future__ import annotations

from typing import Any

from data import benchmarks

from ...managers.task import task_of
from .method import build


def network(args: Any) -> Any:
    """The network for the arguments of a run, the hyper-parameters of the config among them."""
    kind = "binary_intent_labels" if args.data_mode == "binary-class" else "intent_labels"
    return build(task_of(args, benchmarks[args.dataset][kind]), args)
