"""The text-only baseline: the same encoder, normalization and linear layer, and nothing of video or audio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mia_plugins.plugin.method import Method

if TYPE_CHECKING:
    from mia_plugins.plugin.task import Task


@dataclass(frozen=True)
class Settings:
    """The baseline has no hyper-parameters of its own."""


def build(task: Task, settings: Settings) -> Any:
    """See :func:`.model.build`; torch is imported when a model is built."""
    from .model import build as build_model

    return build_model(task, settings)


METHOD = Method(name="text", build=build, settings=Settings, configs="mia_plugins.configs.text", title="Text only")
