"""What a method is: a model that scores a batch and its loss, and a handful of optional hooks.

A batch is a dictionary of tensors under the benchmarks' names:

==================  ==========================  ===================================================================
key                 shape                       what
==================  ==========================  ===================================================================
``text_feats``      ``(batch, 3, tokens)``      int64: token ids, mask (1 on tokens), segments
``video_feats``     ``(batch, frames, dim)``    float32 frames, at least 1; only those of each clip may be read
``video_lengths``   ``(batch,)``                int64: frames of each clip; 0: it has no video
``audio_feats``     ``(batch, frames, dim)``    as video
``audio_lengths``   ``(batch,)``                as video
``train_place``     ``(batch,)``                int64: the clip's row among the in-scope training clips, -1 for any other
``label_ids``       ``(batch,)``                int64, in training only: no model sees the labels of what it is tested on;
                                                float ``(batch, labels)`` for several labels, ``(batch,)`` for a number
==================  ==========================  ===================================================================

With ``--dialogue_mode multi_turn`` a clip's tokens and frames are followed by those of earlier utterances, newest first
(``docs/dialogues.md``). The segments of ``text_feats`` are then 1 on their tokens, lengths count their frames, and there
are three keys more, which a method may leave alone:

==================  ==========================  ===================================================================
``text_turns``      ``(batch, tokens)``         int64: 0 on the clip's own tokens, 1 on those of the newest earlier
                                                utterance, 2 and so on; -1 on padding
``video_turns``     ``(batch, frames)``         the same of frames; -1 also on the separator, one frame of zeros between
                                                the clip's own frames and the others
``audio_turns``     ``(batch, frames)``         as video
==================  ==========================  ===================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Protocol, Union

from ..errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor

    from ..data.dataset import Outline
    from .picture import Constant, Group, Picture, PictureRequest
    from .task import Task

    Batch = Mapping[str, Tensor]
    Losses = Union[Tensor, Mapping[str, Tensor]]


class Output(Protocol):
    """What a model returns for a batch: a named tuple of the method's own with at least these two fields.

    ``logits`` ``(batch, num_classes)`` float; ``features`` ``(batch, dim)``, what enters the last linear layer. Every
    other field is a tensor ``(batch, ...)`` or None; over several processes each is gathered before the loss. A field
    ``sentence`` ``(batch, width)`` is a vector of each clip in the space of ``Method.embed``.
    """

    @property
    def logits(self) -> Tensor: ...

    @property
    def features(self) -> Tensor: ...


class BasicOutput(NamedTuple):
    """An :class:`Output` of nothing but logits and features."""

    logits: Tensor
    features: Tensor


class Model(Protocol):
    """What a method builds: a ``torch.nn.Module`` with these members.

    Attributes:
        pretrained: prefixes of the parameters that are pre-trained, such as ``("encoder",)``. They learn at ``lr``, and
            ``--freeze_backbone_parameters`` freezes all of them but the last layer; all others learn at
            ``lr * new_lr_factor``.
        static_graph: optional; False where the training graph differs from batch to batch (see
            :func:`mia_plugins.system.processes.parallel`).
        descriptions: optional; ``(labels, sentences, width)``, vectors by ``Method.embed`` of what describes each label.
    """

    pretrained: Sequence[str]

    def __call__(self, batch: Batch) -> Output:
        """Scores a batch; ``label_ids`` is in it in training only."""
        ...

    def loss(self, output: Any, label_ids: Tensor) -> Losses:
        """The loss of a whole batch: a scalar, or named scalars to be added up, each logged by its name.

        Over several processes ``output`` holds the clips of all of them. An id of ``num_labels`` is out of scope.
        """
        ...

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight ``(classes, dim)`` and bias ``(classes,)`` of the last linear layer, for the out-of-scope detectors."""
        ...


@dataclass(frozen=True)
class Method:
    """A method plugin; register it under the entry-point group ``mia_plugins.methods``, or by ``mia_plugins.register``.

    Args:
        name: what ``--method`` takes.
        build: ``build(task, settings)`` makes the :class:`Model`.
        settings: a frozen dataclass of the method's own hyper-parameters; its docstring's ``Args`` say what they mean.
        configs: the package with its ``Param`` modules, as the benchmarks have them; None: the defaults of ``settings``
            are enough.
        title: its name in tables and reports; None: ``name``.
        prepare: ``prepare(model, reference, device)``: called once before training with batches of all in-scope training
            clips in their order (``label_ids`` included), in every process alike. What it takes from them belongs in
            persistent buffers or a :class:`~mia_plugins.nn.bank.Bank`: they are saved with the weights, and a restored
            model is not prepared again.
        optimizer: ``optimizer(model, settings, steps)`` returns an optimizer and a scheduler, stepped once per batch;
            None: AdamW with linear warm-up and decay.
        inspect: ``inspect(model, batches, device)`` shows a model's internals on the test clips: arrays by name, each with
            a row per clip in the order of the batches or a :class:`~mia_plugins.plugin.picture.Constant`, kept beside
            the run's results for ``pictures``.
        pictures: functions ``picture(group, request)`` that draw finished runs for reports; see
            :mod:`mia_plugins.plugin.picture`.
        check: ``check(outline, settings)`` raises :class:`~mia_plugins.plugin.UserError` where ``build`` would fail with
            these settings for such data (:class:`~mia_plugins.data.dataset.Outline`); called before features are read.
        embed: ``embed(settings, sentences)`` returns vectors ``(sentences, width)`` of an untrained sentence encoder.
            With it and a model that has ``descriptions``, a trained model takes new intents
            (:mod:`mia_plugins.evaluation.unseen`).
        manager: a class that trains and tests in another way; None: the common one.
    """

    name: str
    build: Callable[[Task, Any], Any]
    settings: type
    configs: str | None = None
    title: str | None = None
    prepare: Callable[[Any, Iterable[Batch], torch.device], None] | None = None
    optimizer: Callable[[Any, Any, int], tuple[Any, Any]] | None = None
    inspect: Callable[[Any, Iterable[Batch], torch.device], Mapping[str, np.ndarray | Constant]] | None = None
    pictures: Sequence[Callable[[Group, PictureRequest], Sequence[Picture]]] = ()
    check: Callable[[Outline, Any], None] | None = None
    embed: Callable[[Any, Sequence[str]], np.ndarray] | None = None
    manager: type | None = None

    @property
    def label(self) -> str:
        """The name for people."""
        return self.title or self.name


def build_model(method: Method, task: Task, settings: Any) -> Any:
    """The method's model, checked to offer what the training needs.

    Raises:
        UserError: it lacks a member; names all that it lacks.
    """
    model = method.build(task, settings)
    lacking = [name for name in ("pretrained", "forward", "loss", "vim") if not hasattr(model, name)]
    if lacking:
        raise UserError(f"method {method.name}: its model {type(model).__name__} lacks {', '.join(lacking)}")
    parts = {name.partition(".")[0] for name, _ in model.named_parameters()}
    for prefix in model.pretrained:
        if isinstance(model.pretrained, str) or prefix.partition(".")[0] not in parts:
            raise UserError(
                f"method {method.name}: pretrained={model.pretrained!r} must list parts of {type(model).__name__} that "
                f"have parameters; it has {', '.join(sorted(parts))}"
            )
    return model
