"""The model's parts put together; what every method's model must do is in ``test_contract.py``."""

import pytest
import torch
from small_model import DIM, LABELS, make_batch, make_model

from mia_plugins.nn.encoder import TextEncoder


@pytest.fixture
def model():
    return make_model().eval()


TOKENS, VIDEOS, AUDIOS = [9, 2, 5, 3], [12, 1, 7, 4], [2, 14, 5, 1]


def test_the_joint_loss_is_the_sum_of_both(model):
    from mia_plugins.methods.amess.losses import triplet_contrastive
    from mia_plugins.nn.losses import classification_loss

    output, labels = model(make_batch(TOKENS, VIDEOS, AUDIOS)), torch.tensor([0, 1, 2, 2])
    parts = (
        classification_loss(output.logits, labels, LABELS),
        triplet_contrastive(output.sentence, torch.eye(LABELS, dtype=torch.bool)[labels], model.descriptions, 0.7),
    )
    assert torch.allclose(torch.stack([*model.loss(output, labels).values()]), torch.stack(parts))


def test_without_a_me_the_mean_frames_are_added_to_the_text():
    model = make_model(anchor_embedding=False).eval()
    batch = make_batch(TOKENS, VIDEOS, AUDIOS)
    token_ids, mask, segments = batch["text_feats"].unbind(dim=1)
    text = model.encoder.embed(token_ids, segments)
    want = model.encoder.encode(model.fusion.norm(text + added_frames(model.fusion, batch)), mask.bool())[:, 0]
    logits = model(batch).logits
    features = model.norm(torch.cat([want, model(batch).sentence], dim=-1))
    assert torch.allclose(logits, model.classifier(features), atol=1e-5)


def added_frames(fusion, batch):
    """The projected mean of each clip's video and audio frames, clip by clip: (batch, 1, dim)."""
    means = {}
    for name in ("video", "audio"):
        clips = zip(batch[f"{name}_feats"], batch[f"{name}_lengths"])
        means[name] = torch.stack([frames[:length].mean(dim=0) for frames, length in clips])
    return (fusion.video(means["video"]) + fusion.audio(means["audio"]))[:, None]


def test_without_semantic_sync_there_is_no_sentence_and_one_term():
    model = make_model(semantic_sync=False).eval()
    output = model(make_batch(TOKENS, VIDEOS, AUDIOS))
    assert output.sentence is None
    assert output.features.shape == (4, DIM)
    assert set(model.loss(output, torch.tensor([0, 1, 2, 2]))) == {"classification"}
    assert not any("synchronizer" in name or "descriptions" in name for name in model.state_dict())


def test_more_anchors_than_tokens_keep_every_token():
    batch = make_batch(TOKENS, VIDEOS, AUDIOS)
    few, all_tokens, more = (make_model(num_anchors=k).eval() for k in (3, 9, 50))
    assert torch.allclose(all_tokens(batch).logits, more(batch).logits, atol=1e-6)
    changed = (few(batch).logits - more(batch).logits).abs().amax(dim=1) > 1e-6
    assert changed.tolist() == [length > 3 for length in TOKENS]  # the same weights: only where a token is left out


def test_the_two_halves_of_the_encoder_are_the_whole():
    from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

    sizes = {
        "vocab_size": 50,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 24,
    }
    ids = torch.tensor([[5, 6, 7, 8], [5, 6, 1, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    for whole in (
        BertModel(BertConfig(**sizes)),
        RobertaModel(RobertaConfig(**sizes, pad_token_id=1, type_vocab_size=1)),
    ):
        whole.eval()
        halves = TextEncoder(whole)
        want = whole(input_ids=ids, attention_mask=mask).last_hidden_state
        got = halves.encode(halves.embed(ids, torch.zeros_like(ids)), mask.bool())
        assert torch.allclose(got[mask.bool()], want[mask.bool()], atol=1e-6)
