"""TCL-MAP: token-level contrastive learning with modality-aware prompting (Zhou et al., AAAI 2024).

By module: ``tokens`` (the text with its prompt and label positions), ``prompt`` (what video and audio write into the
prompt), ``model`` (the two branches and their losses). Out-of-scope clips have no label to put into the augmented copy
and take no part in the contrast.

MMOIR's version departs from the authors' in two points, which the setting ``host`` restores: keys of the prompt's
attention are the audio and values the video, the other way round; and the contrast compares the mean of the label
positions' states instead of all of them side by side.

The paper has one label a clip. With several (ours) the augmented copy has the tokens of all, as far as there is room. A
number's label is the name of its degree (:mod:`mia_plugins.nn.labels`); where degrees have no names there is neither
copy nor contrast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mia_plugins.plugin.method import Method

from .settings import Settings

if TYPE_CHECKING:
    from mia_plugins.plugin.task import Task


def build(task: Task, settings: Settings) -> Any:
    """See :func:`.model.build`; torch is imported when a model is built."""
    from mia_plugins.nn.labels import label_names
    from mia_plugins.system.logs import say_once

    from .model import build as build_model

    if not label_names(task):
        say_once(f"TCL-MAP trains without its contrast: the degrees of {task.labels[0]!r} have no names")
    return build_model(task, settings)


METHOD = Method(name="tcl_map", title="TCL-MAP", build=build, settings=Settings, configs="mia_plugins.configs.tcl_map")
