"""The whole model: what padding, order, precision and odd batches may not do to it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import LABELS, make_batch, make_model

from mia_plugins.nn.encoder import TextEncoder


@pytest.fixture
def model():
    return make_model().eval()


TOKENS, VIDEOS, AUDIOS = [9, 2, 5, 3], [12, 1, 7, 4], [2, 14, 5, 1]


@pytest.mark.parametrize("aligned_method", ["ctc", "conv1d", "avg_pool", "none"])
@pytest.mark.parametrize("fusion_start", ["paper", "identity"])
def test_a_clip_alone_in_a_batch_and_padded_further_scores_the_same(aligned_method, fusion_start):
    model = make_model(aligned_method=aligned_method, fusion_start=fusion_start).eval()
    whole = model(make_batch(TOKENS, VIDEOS, AUDIOS))
    if aligned_method != "conv1d":  # its table of frame indices ends at the longest clip
        further = model(make_batch(TOKENS, VIDEOS, AUDIOS, extra=(20, 30, 40)))
        assert torch.allclose(whole.logits, further.logits, atol=1e-5)
    batch = make_batch(TOKENS, VIDEOS, AUDIOS)
    for i in range(len(TOKENS)):
        alone = model(
            {
                "text_feats": batch["text_feats"][i : i + 1, :, : TOKENS[i]],
                "video_feats": batch["video_feats"][i : i + 1, : VIDEOS[i]],
                "audio_feats": batch["audio_feats"][i : i + 1, : AUDIOS[i]],
                "video_lengths": batch["video_lengths"][i : i + 1],
                "audio_lengths": batch["audio_lengths"][i : i + 1],
            }
        )
        assert torch.allclose(whole.logits[i], alone.logits[0], atol=1e-5)
        assert torch.allclose(whole.sentence[i], alone.sentence[0], atol=1e-5)


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(4)), seed=st.integers(0, 100))
def test_the_order_of_the_batch_does_not_matter(order, seed):
    model = make_model().eval()
    batch = make_batch(TOKENS, VIDEOS, AUDIOS, seed=seed)
    shuffled = {key: value[list(order)] for key, value in batch.items()}
    assert torch.allclose(model(shuffled).logits, model(batch).logits[list(order)], atol=1e-5)
    labels = torch.tensor([0, 1, 1, 3])
    losses = model.loss(model(batch), labels), model.loss(model(shuffled), labels[list(order)])
    for term in losses[0]:
        assert torch.allclose(losses[0][term], losses[1][term], atol=1e-5)


def test_same_seed_same_result():
    torch.manual_seed(7)
    first = make_model().train()(make_batch(TOKENS, VIDEOS, AUDIOS)).logits
    second = make_model().train()(make_batch(TOKENS, VIDEOS, AUDIOS)).logits
    assert torch.equal(first, second)


def test_bfloat16_stays_close(model):
    batch = make_batch(TOKENS, VIDEOS, AUDIOS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = model(batch)
    full = model(batch)
    # bfloat16 keeps 8 bits: 0.5 % of each product, a few percent after two layers
    assert torch.allclose(half.logits.float(), full.logits, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("num_classes", [LABELS, LABELS + 1])
@pytest.mark.parametrize(
    "labels", [[0], [2, 2, 2, 2], [LABELS] * 4, [0, LABELS, 3, 1]], ids=["one clip", "one label", "all UNK", "mixed"]
)
def test_odd_batches_give_finite_losses_and_gradients(num_classes, labels):
    model = make_model(num_classes=num_classes, num_anchors=8).train()
    count = len(labels)
    output = model(make_batch(TOKENS[1 : 1 + count] + [2] * (count - 3), VIDEOS[:count], AUDIOS[:count]))
    loss = sum(model.loss(output, torch.tensor(labels)).values())
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters() if weight.grad is not None)


def test_the_joint_loss_is_the_sum_of_both(model):
    from mia_plugins.methods.amess.losses import triplet_contrastive
    from mia_plugins.nn.losses import classification_loss

    output, labels = model(make_batch(TOKENS, VIDEOS, AUDIOS)), torch.tensor([0, 1, 2, 2])
    parts = (
        classification_loss(output.logits, labels, LABELS),
        triplet_contrastive(output.sentence, labels, model.descriptions, 0.7),
    )
    assert torch.allclose(torch.stack([*model.loss(output, labels).values()]), torch.stack(parts))


@pytest.mark.parametrize("pooling", ["first", "mean"])
@pytest.mark.parametrize("semantic_sync", [True, False])
def test_features_enter_the_last_layer(pooling, semantic_sync):
    model = make_model(pooling=pooling, semantic_sync=semantic_sync, num_classes=LABELS + 1).eval()
    output = model(make_batch(TOKENS, VIDEOS, AUDIOS))
    weight, bias = model.vim()
    assert torch.allclose(output.features @ weight.T + bias, output.logits, atol=1e-6)


@pytest.mark.parametrize("changes", [{"anchor_embedding": False}, {"semantic_sync": False}, {"num_anchors": 50}])
def test_ablations_run_and_differ(changes):
    batch, labels = make_batch(TOKENS, VIDEOS, AUDIOS), torch.tensor([0, 1, 2, 2])
    whole, ablated = make_model(), make_model(**changes)
    assert not torch.equal(whole.eval()(batch).logits, ablated.eval()(batch).logits)
    sum(ablated.loss(ablated(batch), labels).values()).backward()


def test_every_parameter_learns():
    model = make_model(fusion_start="identity").train()
    sum(model.loss(model(make_batch(TOKENS, VIDEOS, AUDIOS)), torch.tensor([0, 1, 2, 2])).values()).backward()
    silent = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert silent == []


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
