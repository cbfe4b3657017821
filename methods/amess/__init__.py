"""A-MESS: anchor-based multimodal embedding with semantic synchronization (arXiv 2503.19474).

The paper's equations by module: ``attention`` (8-10), ``anchors`` (5, 7, Listing 1), ``fusion`` (4-13),
``semantics`` and ``losses`` (15), ``model`` (1, 14, 16, 17). The model, and torch with it, is imported when it is built.

The paper has one label a clip. Several labels, and numbers, are ours: ``losses`` says what Eq. 15 is for them. A number
is described by its degree (:mod:`mia_plugins.nn.labels`); one whose degrees have no names is learned without Eq. 15.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mia_plugins.errors import UserError
from mia_plugins.nn.lookup import check_encoder
from mia_plugins.plugin.method import Method

from .anchor_pictures import anchors
from .descriptions import load_descriptions
from .pictures import semantics
from .settings import Settings

if TYPE_CHECKING:
    from mia_plugins.data.dataset import Outline
    from mia_plugins.plugin.task import Task


def build(task: Task, settings: Settings) -> Any:
    """See :func:`.model.build`."""
    from mia_plugins.nn.labels import label_names
    from mia_plugins.system.logs import say_once

    from .model import build as build_model

    if settings.semantic_sync and not label_names(task):
        say_once(
            f"A-MESS trains without semantic synchronization: the degrees of {task.labels[0]!r} have no descriptions"
        )
    return build_model(task, settings)


def inspect(model: Any, batches: Iterable[Mapping[str, Any]], device: Any) -> dict[str, Any]:
    """See :func:`.inspection.inspect`."""
    from .inspection import inspect as inspect_model

    return inspect_model(model, batches, device)


def embed(settings: Settings, sentences: Sequence[str]) -> Any:
    """Vectors ``(sentences, width)`` by the sentence encoder of the descriptions; see :mod:`.semantics`."""
    from .semantics import encode

    return encode(sentences, settings.sentence_encoder)


def check(outline: Outline, settings: Settings) -> None:
    """Checks that there is a sentence encoder, and that every label has as many descriptions as the settings ask for.

    Raises:
        UserError: there is none, or there are fewer; says how to supply more.
    """
    from mia_plugins.nn.labels import label_names

    names = label_names(outline)
    if settings.semantic_sync and names:
        try:
            path, count = settings.descriptions_path or None, settings.num_descriptions
            load_descriptions(names, path, count, dataset=outline.dataset, given=outline.descriptions)
        except UserError as error:
            remedy = "" if settings.descriptions_path else "; or give your own with descriptions_path=FILE"
            raise UserError(f"{error}{remedy}") from error
        check_encoder(settings.sentence_encoder, "sentence encoder", files=("modules.json", "config.json"))


METHOD = Method(
    name="amess",
    title="A-MESS",
    build=build,
    settings=Settings,
    configs="mia_plugins.configs.amess",
    inspect=inspect,
    pictures=(semantics, anchors),
    check=check,
    embed=embed,
)
