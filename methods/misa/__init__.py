"""MISA (Hazarika et al., ACM MM 2020): what the modalities share, and what each has for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mia_plugins.plugin.method import Method

from .settings import Settings

if TYPE_CHECKING:
    from mia_plugins.plugin.task import Task


def build(task: Task, settings: Settings) -> Any:
    """See :func:`.model.build`; torch is imported when a model is built."""
    from .model import build as build_model

    return build_model(task, settings)


METHOD = Method(name="misa", title="MISA", build=build, settings=Settings, configs="mia_plugins.configs.misa")
