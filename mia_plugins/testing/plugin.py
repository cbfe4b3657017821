"""What the tests of a method have in common: the method, its settings, models and batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from ..data.batches import collate
from ..data.clips import LoadedData
from ..data.dataset import Outline
from ..data.history import NO_TURN
from ..data.problem import Problem
from ..plugin.method import Method, build_model
from ..plugin.settings import split_settings
from ..system.devices import set_seed
from ..training.loop import batch_loss
from ..training.predict import forward
from .tiny import AUDIO_LENGTH, LABELS, TEXT_LENGTH, VIDEO_LENGTH, clip_dataset, tiny_cache, tiny_data, tiny_task

CPU = torch.device("cpu")
Batch = Mapping[str, Tensor]


class PluginTests:
    """A method to be tested; subclasses hold the tests.

    Attributes:
        method: the plugin.
        settings: its hyper-parameters that differ from the defaults, as ``--set`` takes them.
        labels: the in-scope intents of the tiny task, at least four.
        idle: parameters that need not learn: a prefix of their names -> the reason.
        problem, number: what the models of a test learn, and what a regression's number is called; tests set them.
        exempt: tests that do not hold for this method: their name -> the reason, shown where they are skipped.
        tolerance: absolute and relative, of what should be equal but for float32's rounding.
        half_tolerance: the same for bfloat16 beside float32.
    """

    method: ClassVar[Method]
    settings: ClassVar[Mapping[str, Any]] = {}
    labels: ClassVar[Sequence[str]] = LABELS
    idle: ClassVar[Mapping[str, str]] = {}
    exempt: ClassVar[Mapping[str, str]] = {}
    problem: Problem = "multi-class"
    number: str = "sentiment"
    tolerance: ClassVar[float] = 1e-5
    half_tolerance: ClassVar[float] = 0.1

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in cls.exempt:
            if not hasattr(cls, name):
                raise TypeError(f"{cls.__name__}.exempt: there is no test {name}")

    @pytest.fixture(autouse=True)
    def _surroundings(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Skips what the method is exempt from; gives each test a cache folder and random numbers of its own."""
        name = getattr(request.node, "originalname", None) or request.node.name
        if name in self.exempt:
            pytest.skip(self.exempt[name])
        monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tiny_cache()))
        state = torch.get_rng_state()
        yield
        torch.set_rng_state(state)

    @property
    def data(self) -> LoadedData:
        """All splits of the tiny data set."""
        return tiny_data(tuple(self.task_labels), self.problem)

    @property
    def task_labels(self) -> Sequence[str]:
        """The labels, or the name of the number."""
        return self.labels if self.problem != "regression" else (self.number,)

    @property
    def method_settings(self) -> Any:
        """The method's settings, checked as those of a command line are."""
        return split_settings(self.settings, self.method.settings)[0]

    def build(self, *, ood_class: bool = True, seed: int = 0, weights: str | None = None) -> Any:
        """A new model."""
        set_seed(seed)
        options: Any = {"ood_class": ood_class, "weights": weights, "problem": self.problem}
        task, settings = tiny_task(labels=self.task_labels, **options), self.method_settings
        if self.method.check is not None:
            self.method.check(Outline(task.dataset, task.labels, task.problem), settings)
        return build_model(self.method, task, settings)

    def prepare(self, model: Any, batch_size: int = 4) -> Any:
        """Shows the in-scope training clips to a model whose method wants to see them."""
        if self.method.prepare is not None:
            self.method.prepare(model, self.reference(batch_size), CPU)
        return model

    def ready(self, **options: Any) -> Any:
        """A model that can score; ``options`` as of :meth:`build`."""
        return self.prepare(self.build(**options)).eval()

    def reference(self, batch_size: int = 4) -> list[Batch]:
        """Batches of the in-scope training clips in their order."""
        dataset = clip_dataset(self.data, "train")
        places = range(len(dataset))
        return [collate([dataset[i] for i in places[at : at + batch_size]]) for at in places[::batch_size]]

    def training_batch(self, places: Sequence[int] = (0, 1, 2, 5, 15, 8, 3)) -> Batch:
        """Training clips with their labels: 0 to 14 are in scope, 15 to 18 out of scope."""
        dataset = clip_dataset(self.data, "train", *(["ood_train"] if "ood_train" in self.data.splits else []))
        return collate([dataset[place] for place in places])

    def scored_batch(self, places: Sequence[int] = (0, 1, 2, 3)) -> Batch:
        """Test clips."""
        dataset = clip_dataset(self.data, "test", *(["ood_test"] if "ood_test" in self.data.splits else []))
        return collate([dataset[place] for place in places])

    def score(self, model: Any, batch: Batch) -> Any:
        """The output for clips that are tested, without their labels."""
        with torch.no_grad():
            return forward(model, batch, CPU)

    def losses(self, model: Any, batch: Batch) -> Mapping[str, Tensor]:
        """The terms of the loss of a training batch."""
        return batch_loss(model, batch, CPU)[0]

    def close(self, left: Tensor, right: Tensor) -> bool:
        """Equal but for rounding."""
        return torch.allclose(left.float(), right.float(), atol=self.tolerance, rtol=self.tolerance)


def pad_to_the_most(batch: Batch) -> dict[str, Tensor]:
    """The same batch, padded to the longest text, video and audio that a task allows."""
    more = {
        "text_feats": (0, TEXT_LENGTH - batch["text_feats"].shape[2]),
        "video_feats": (0, 0, 0, VIDEO_LENGTH - batch["video_feats"].shape[1]),
        "audio_feats": (0, 0, 0, AUDIO_LENGTH - batch["audio_feats"].shape[1]),
    }
    padded = {key: nn.functional.pad(value, more[key]) if key in more else value for key, value in batch.items()}
    for kind, dim in (("text", 2), ("video", 1), ("audio", 1)):
        if f"{kind}_turns" in batch:
            turns, length = batch[f"{kind}_turns"], padded[f"{kind}_feats"].shape[dim]
            padded[f"{kind}_turns"] = nn.functional.pad(turns, (0, length - turns.shape[1]), value=NO_TURN)
    return padded


def without_dropout(model: Any) -> Any:
    """The model in training mode with every dropout module switched off."""
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
        elif isinstance(module, (nn.RNNBase, nn.MultiheadAttention)):
            module.dropout = 0.0
    return model.train()
