"""MIAR: modality interaction and alignment representation (Zhu and Yu, arXiv 2601.02414), as far as it is public.

Only the abstract is. The paper's: features of the modalities interact; four feature tokens result, "global
representations of how each modality extracts information from others"; contrastive learning and normalization align the
modalities; it was tried on CMU-MOSI and CMU-MOSEI. Everything else is ours:

- Which four: text reads video, video reads text, text reads audio, audio reads text. Four is the number of these
  readings, and the text is what carries most in these data sets.
- How a token is made: the reading sequence takes cross-attention over the other, with a residual; a learned query then
  attends to the result (``interaction``).
- Normalization: frames before they are projected, tokens after they are made, and unit length in the contrast.
- Contrast: the two tokens of a pair of modalities, clips of one label being positives.
- The classifier reads the four tokens side by side. Every weight and every number of the settings.
"""

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


METHOD = Method(name="miar", title="MIAR", build=build, settings=Settings, configs="mia_plugins.configs.miar")
