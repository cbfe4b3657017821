"""A-MESS on utterances with their history (reading 17)."""

import pytest
import torch
from small_model import make_batch, make_model

from mia_plugins.methods.amess.inspection import inspect

OWN, TOKENS = [4, 2, 5], [9, 7, 5]  # the last has no history
VIDEOS, AUDIOS = [12, 3, 7], [2, 14, 5]


@pytest.fixture
def batch():
    """Three clips, the tokens behind the first ``OWN`` of an earlier utterance."""
    made = make_batch(TOKENS, VIDEOS, AUDIOS)
    place = torch.arange(max(TOKENS))
    turns = (place >= torch.tensor(OWN)[:, None]).long()
    turns[place >= torch.tensor(TOKENS)[:, None]] = -1
    made["text_feats"][:, 2] = turns.clamp(min=0)
    return {**made, "text_turns": turns}


def anchors_of(model, batch):
    shown = inspect(model, [batch], torch.device("cpu"))
    return [set(row[row >= 0].tolist()) for row in (*shown["video_anchors"], *shown["audio_anchors"])]


def test_anchors_are_the_utterances_own_tokens(batch):
    model = make_model(num_anchors=9).eval()
    assert anchors_of(model, batch) == [set(range(count)) for count in OWN] * 2
    few = make_model(num_anchors=3).eval()
    assert all(chosen <= set(range(count)) for chosen, count in zip(anchors_of(few, batch), OWN * 2))


def test_all_tokens_may_be_anchors(batch):
    model = make_model(num_anchors=9, anchor_tokens="all").eval()
    assert anchors_of(model, batch) == [set(range(count)) for count in TOKENS] * 2


def test_the_history_is_attended(batch):
    model = make_model().eval()
    other = {**batch, "text_feats": batch["text_feats"].clone()}
    other["text_feats"][:, 0] = torch.where(batch["text_turns"] == 1, 7, batch["text_feats"][:, 0])
    changed = (model(batch).logits - model(other).logits).abs().amax(dim=1) > 1e-6
    assert changed.tolist() == [True, True, False]


def test_means_are_taken_over_the_utterances_own_tokens(batch):
    model = make_model(pooling="mean").eval()
    seen = {}
    model.synchronizer.register_forward_hook(lambda module, given, out: seen.update(mean=given[0]))
    encode = model.encoder.encode

    def spied(hidden, mask):
        seen["hidden"] = encode(hidden, mask)
        return seen["hidden"]

    model.encoder.encode = spied
    model(batch)
    want = torch.stack([hidden[:count].mean(dim=0) for hidden, count in zip(seen["hidden"], OWN)])
    assert torch.allclose(seen["mean"], want, atol=1e-6)


def test_without_turn_ids_all_tokens_are_the_utterances_own(batch):
    single = {key: value for key, value in batch.items() if key != "text_turns"}
    everything = {**batch, "text_turns": batch["text_turns"].clamp(max=0)}
    model = make_model().eval()
    assert torch.equal(model(single).logits, model(everything).logits)
    assert anchors_of(make_model(num_anchors=9).eval(), single) == [set(range(count)) for count in TOKENS] * 2
