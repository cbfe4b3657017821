"""MAG-BERT (Rahman et al., ACL 2020) as the benchmarks have it: a gate behind BERT's embedding layer."""

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


METHOD = Method(
    name="mag_bert", title="MAG-BERT", build=build, settings=Settings, configs="mia_plugins.configs.mag_bert"
)
