"""What scoring a batch must and must not depend on."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ..data.batches import collate
from ..system.devices import set_seed
from ..training.predict import autocast, forward
from .plugin import CPU, PluginTests, pad_to_the_most
from .tiny import clip_dataset, tiny_dialogues

LENGTHS = {"video_feats": "video_lengths", "audio_feats": "audio_lengths"}


class ScoringTests(PluginTests):
    """Padding, order, batch mates, precision, labels."""

    def test_padding_further_changes_nothing(self):
        model, batch = self.ready(), self.scored_batch()
        narrow, wide = self.score(model, batch), self.score(model, pad_to_the_most(batch))
        assert self.close(narrow.logits, wide.logits), "the model looks at padding"
        assert self.close(narrow.features, wide.features), "the model looks at padding"

    def test_what_stands_in_padding_is_not_read(self):
        model, batch = self.ready(), pad_to_the_most(self.scored_batch())
        dirty = {key: value.clone() for key, value in batch.items()}
        for feats, lengths in LENGTHS.items():
            behind = torch.arange(dirty[feats].shape[1]) >= dirty[lengths][:, None]
            dirty[feats][behind] = 7.0
        dirty["text_feats"][:, 0][dirty["text_feats"][:, 1] == 0] = 9
        assert self.close(self.score(model, batch).logits, self.score(model, dirty).logits), (
            "the model reads what stands behind a clip's end"
        )

    def test_a_clip_alone_scores_as_among_others(self):
        model, dataset = self.ready(), clip_dataset(self.data, "test")
        together = self.score(model, self.scored_batch()).logits
        for place in range(4):
            alone = self.score(model, collate([dataset[place]])).logits
            assert self.close(alone[0], together[place]), f"clip {place} scores otherwise among other clips"

    def test_clips_with_a_history_are_scored_as_any_others(self):
        model, dataset = self.ready(), clip_dataset(tiny_dialogues(tuple(self.labels)), "test", "ood_test")
        batch = collate([dataset[place] for place in (5, 2, 7, 0, 3)])
        together = self.score(model, batch).logits
        assert torch.isfinite(together).all()
        assert self.close(self.score(model, pad_to_the_most(batch)).logits, together), "the model looks at padding"
        alone = self.score(model, collate([dataset[7]])).logits[0]
        assert self.close(alone, together[2]), "a clip scores otherwise among other clips"

    def test_order_does_not_matter(self):
        model, order = self.ready(), [2, 0, 3, 1]
        assert self.close(
            self.score(model, self.scored_batch(order)).logits, self.score(model, self.scored_batch()).logits[order]
        )

    def test_scoring_leaves_no_trace(self):
        model, batch = self.ready(), self.scored_batch()
        before = {name: value.clone() for name, value in model.state_dict().items()}
        kept = {key: value.clone() for key, value in batch.items()}
        first = self.score(model, batch).logits
        self.score(model, self.scored_batch([4, 5, 6, 7]))
        assert torch.equal(self.score(model, batch).logits, first), "the model remembers other batches"
        changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
        assert changed == [], "scoring changes the model"
        assert all(torch.equal(batch[key], value) for key, value in kept.items()), "the model writes into its batch"
        assert set(batch) == set(kept), "the model writes into its batch"

    def test_labels_are_not_needed(self):
        batch = {key: value for key, value in self.scored_batch().items() if key not in ("label_ids", "index")}
        with torch.no_grad():
            assert torch.isfinite(self.ready()(batch).logits).all()

    @pytest.mark.parametrize("ood_class", [True, False])
    @pytest.mark.parametrize("training", [False, True])
    def test_every_field_has_a_row_a_clip(self, ood_class, training):
        model = self.ready(ood_class=ood_class).train(training)
        batch = self.training_batch()
        output, clips = forward(model, batch, CPU, training=training), len(batch["label_ids"])
        assert output.logits.shape == (clips, len(self.labels) + ood_class)
        assert output.features.ndim == 2
        assert hasattr(output, "_fields"), f"{type(output).__name__} should be a named tuple"
        for name, part in zip(output._fields, output):
            assert part is None or isinstance(part, Tensor), f"{name} is a {type(part).__name__}"
            assert part is None or (part.ndim > 0 and len(part) == clips), f"{name} has no row for each clip"

    @pytest.mark.parametrize("ood_class", [True, False])
    def test_features_enter_the_last_layer(self, ood_class):
        model = self.ready(ood_class=ood_class)
        output, (weight, bias) = self.score(model, self.scored_batch()), model.vim()
        assert self.close(output.features @ weight.T + bias, output.logits), "logits are not features @ weight.T + bias"

    def test_bfloat16_stays_close(self):
        model, batch = self.ready(), self.scored_batch()
        full = self.score(model, batch).logits
        with autocast("bfloat16", CPU):
            half = self.score(model, batch).logits.float()
        # bfloat16 keeps 8 bits: 0.4 % of each product, a few percent after some layers
        assert torch.allclose(half, full, atol=self.half_tolerance, rtol=self.half_tolerance)

    def test_the_same_seed_makes_the_same_model(self):
        first, second = self.ready(seed=3), self.ready(seed=3)
        other = self.ready(seed=4)
        state = second.state_dict()
        assert all(torch.equal(value, state[name]) for name, value in first.state_dict().items())
        assert any(not torch.equal(value, state[name]) for name, value in other.state_dict().items())
        outputs = []
        for model in (first, second):
            set_seed(5)
            outputs.append(forward(model.train(), self.training_batch(), CPU, training=True).logits)
        assert torch.equal(*outputs), "random numbers that no seed sets"
