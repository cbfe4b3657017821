"""CAGC: contextual augmented global contrast (Sun and Ye, CVPR 2024).

The paper's parts by module: ``neighbours`` (the bank of training clips), ``context`` (the context-augmented transformer),
``model`` (fusion, losses). Its code is not public; what is known comes from the paper's equations as others report them.
Ours, where they leave it open:

- A neighbour is one vector, its mean frame, so the mean over a clip's attended videos is the attention's weighted sum;
  "accumulated" is a sum over j = 1 ... k*.
- Fusion: ``h_g = LayerNorm(W [h_t; mean h_cv; mean h_a])``, and the classifier reads h_g.
- The local contrast takes the video before it meets its context, the global one h_g.
- No label may be used in a test, so which neighbours are kept there is a setting (``test_neighbours``).
- In training, notes on the paper say, "voting" keeps the neighbours of the same intent. If that is the clip's own label,
  its neighbours give its label away, and the model learns to read it there instead of in the clip. By default the vote
  is the majority's in training as in a test; ``train_neighbours=same_label`` is the other reading. An out-of-scope clip
  has no neighbour of its label, and is read as in a test under both.
- The paper has one label a clip. Of several labels, and of numbers, :mod:`mia_plugins.nn.labels` says which clips have the
  same one: they are positives of the contrasts, and neighbours are kept by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mia_plugins.plugin.method import Method

from .settings import Settings

if TYPE_CHECKING:
    from mia_plugins.plugin.task import Task


def build(task: Task, settings: Settings) -> Any:
    """See :func:`.model.build`; torch is imported when a model is built."""
    from .model import build as build_model

    return build_model(task, settings)


def prepare(model: Any, reference: Iterable[Mapping[str, Any]], device: Any) -> None:
    """See :func:`.model.prepare`."""
    from .model import prepare as fill

    fill(model, reference, device)


METHOD = Method(
    name="cagc",
    title="CAGC",
    build=build,
    settings=Settings,
    configs="mia_plugins.configs.cagc",
    prepare=prepare,
)
