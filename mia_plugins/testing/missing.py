"""What clips without video, without audio or without words must and must not change."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from ..data.batches import ClipDataset, collate, tokenize
from ..plugin.method import build_model
from ..system.devices import set_seed
from .learning import gradients, total
from .plugin import CPU, Batch, PluginTests, pad_to_the_most
from .tiny import TEXT_LENGTH, clip_dataset, tiny_task, tiny_tokenizer

LOST = {"no video": ("video",), "no audio": ("audio",), "text alone": ("video", "audio")}


class MissingTests(PluginTests):
    """A clip of no frames: masked, finite, and the same whatever stands in its padding and whoever is beside it."""

    @pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
    def test_a_missing_modality_is_not_read(self, lost):
        model, batch = self.ready(), without(pad_to_the_most(self.scored_batch()), lost, [1, 3])
        together = self.score(model, batch).logits
        assert torch.isfinite(together).all(), "scores that are not finite"
        dirty = {key: value.clone() for key, value in batch.items()}
        for name in lost:
            dirty[f"{name}_feats"][[1, 3]] = 7.0
        assert self.close(self.score(model, dirty).logits, together), (
            "a clip of length 0 has no frames: read nothing of its padding"
        )
        dataset = clip_dataset(self.data, "test", "ood_test")
        for place in range(4):
            missing = place in (1, 3)
            alone = without(collate([dataset[place]]), lost, [0] if missing else [])
            has = f"{'without' if missing else 'with'} {' and '.join(lost)}"
            assert self.close(self.score(model, alone).logits[0], together[place]), (
                f"clip {place}, {has}, scores otherwise alone"
            )

    @pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
    @pytest.mark.parametrize("places", [(1, 3, 4), range(7)], ids=["some", "all"])
    def test_clips_with_missing_modalities_train(self, lost, places):
        model = self.prepare(self.build()).train()
        self.assert_finite(model, without(self.training_batch(), lost, places))

    def test_a_modality_that_no_clip_has(self):
        set_seed(0)
        train = self.data.splits["train"]
        train = dataclasses.replace(train, video=[frames[:0, :1] for frames in train.video])
        dataset = clip_dataset(dataclasses.replace(self.data, splits={"train": train}), "train")
        batch = collate([dataset[i] for i in range(len(dataset))])
        assert batch["video_feats"].shape == (len(dataset), 1, 1)
        task = dataclasses.replace(tiny_task(labels=self.labels), video_dim=1, video_length=1)
        model = build_model(self.method, task, self.method_settings)
        if self.method.prepare is not None:
            self.method.prepare(model, [batch], CPU)
        self.assert_finite(model.train(), batch)
        assert torch.isfinite(self.score(model.eval(), batch).logits).all(), "scores that are not finite"

    def test_a_text_without_a_word(self):
        clips = self.data.splits["test"]
        clips = dataclasses.replace(clips, texts=["", *clips.texts[1:]])
        dataset = ClipDataset(clips, tokenize(clips.texts, tiny_tokenizer(), TEXT_LENGTH))
        model = self.ready()
        together = self.score(model, collate([dataset[i] for i in range(4)])).logits
        assert torch.isfinite(together).all(), "scores of a text of special tokens alone are not finite"
        alone = self.score(model, collate([dataset[0]])).logits
        assert self.close(alone[0], together[0]), "a text of special tokens alone scores otherwise alone"

    def assert_finite(self, model: Any, batch: Batch) -> None:
        """Losses and gradients of a training batch."""
        terms = self.losses(model, batch)
        for name, term in terms.items():
            assert torch.isfinite(term), f"{name} is {term.item()}"
        total(terms).backward()
        broken = [name for name, weight in gradients(model) if weight is not None and not torch.isfinite(weight).all()]
        assert broken == [], "gradients that are not finite"


def without(batch: Batch, lost: Sequence[str], places: Sequence[int]) -> dict[str, Tensor]:
    """The same batch, but the clips in ``places`` have lost some modalities; their frames stay behind as padding."""
    changed = dict(batch)
    for name in lost:
        lengths = changed[f"{name}_lengths"].clone()
        lengths[list(places)] = 0
        changed[f"{name}_lengths"] = lengths
    return changed
