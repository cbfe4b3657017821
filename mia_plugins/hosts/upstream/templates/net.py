"""The network as the host's map calls it."""

from __future__ import annotations

from typing import Any

from data import benchmarks

from ...managers.task import task_of
from .method import build


def network(args: Any) -> Any:
    """The network for the arguments of a run, the hyper-parameters of the config among them."""
    return build(task_of(args, benchmarks[args.dataset]["intent_labels"]), args)
