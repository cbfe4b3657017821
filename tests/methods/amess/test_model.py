"""The model's parts put together; what every method's model must do is in ``test_contract.py``."""

import pytest
import torch
from small_model import LABELS, make_batch, make_model

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
        triplet_contrastive(output.sentence, labels, model.descriptions, 0.7),
    )
    assert torch.allclose(torch.stack([*model.loss(output, labels).values()]), torch.stack(parts))


@pytest.mark.parametrize("changes", [{"anchor_embedding": False}, {"semantic_sync": False}, {"num_anchors": 50}])
def test_ablations_run_and_differ(changes):
    batch, labels = make_batch(TOKENS, VIDEOS, AUDIOS), torch.tensor([0, 1, 2, 2])
    whole, ablated = make_model(), make_model(**changes)
    assert not torch.equal(whole.eval()(batch).logits, ablated.eval()(batch).logits)
    sum(ablated.loss(ablated(batch), labels).values()).backward()


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
