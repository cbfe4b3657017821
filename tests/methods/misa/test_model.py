"""MISA put together, against loops over clips and modalities."""

import math

import pytest
import torch
from loops import add, attend, layer_norm, linear, mean, relu
from small_batches import one_clip, tiny_batch

from mia_plugins.errors import UserError
from mia_plugins.methods.misa import METHOD, Settings
from mia_plugins.methods.misa.recurrent import RecurrentEncoder
from mia_plugins.testing import tiny_task


def model_of(**settings):
    torch.manual_seed(0)
    return METHOD.build(tiny_task(), Settings(hidden_size=4, **settings)).eval()


def sigmoid(x):
    return [1 / (1 + math.exp(-value)) for value in x]


def slow_lstm(lstm, frames, suffix):
    """The states of one direction of an LSTM, frame by frame."""
    weights = {name: getattr(lstm, f"{name}_l0{suffix}").tolist() for name in ("weight_ih", "weight_hh")}
    biases = [getattr(lstm, f"{name}_l0{suffix}").tolist() for name in ("bias_ih", "bias_hh")]
    width = lstm.hidden_size
    state, cell, states = [0.0] * width, [0.0] * width, []
    for frame in frames:
        product = add(
            [sum(w * v for w, v in zip(row, frame)) for row in weights["weight_ih"]],
            [sum(w * v for w, v in zip(row, state)) for row in weights["weight_hh"]],
            *biases,
        )
        enter, forget, new, leave = (product[i * width : (i + 1) * width] for i in range(4))
        cell = add(
            [f * c for f, c in zip(sigmoid(forget), cell)], [e * math.tanh(n) for e, n in zip(sigmoid(enter), new)]
        )
        state = [leave_gate * math.tanh(c) for leave_gate, c in zip(sigmoid(leave), cell)]
        states.append(state)
    return states


def slow_both_ways(lstm, frames):
    ahead = slow_lstm(lstm, frames, "")
    back = slow_lstm(lstm, frames[::-1], "_reverse")
    return [a + b for a, b in zip(ahead, back[::-1])], ahead[-1], back[-1]


def slow_recurrent(encoder, frames):
    hidden, ahead, back = slow_both_ways(encoder.first, frames)
    _, ahead_again, back_again = slow_both_ways(encoder.second, [layer_norm(encoder.norm, x) for x in hidden])
    return ahead + ahead_again + back + back_again


def slow_transformer(layer, rows):
    """PyTorch's layer, normalized after each addition."""
    width = len(rows[0])
    joint = [
        add(
            [sum(w * v for w, v in zip(weights, row)) for weights in layer.self_attn.in_proj_weight.tolist()],
            layer.self_attn.in_proj_bias.tolist(),
        )
        for row in rows
    ]
    q, k, v = ([row[i * width : (i + 1) * width] for row in joint] for i in range(3))
    read = [linear(layer.self_attn.out_proj, x) for x in attend(q, k, v, layer.self_attn.num_heads)]
    mixed = [layer_norm(layer.norm1, add(x, r)) for x, r in zip(rows, read)]
    return [layer_norm(layer.norm2, add(x, linear(layer.linear2, relu(linear(layer.linear1, x))))) for x in mixed]


def test_recurrent_encoder_is_two_lstms_over_the_real_frames():
    torch.manual_seed(0)
    encoder = RecurrentEncoder(3)
    lengths = torch.tensor([4, 1, 6])
    values = torch.randn(3, 6, 3)
    got = encoder(values, torch.arange(6) < lengths[:, None])
    for clip, length in enumerate(lengths):
        want = slow_recurrent(encoder, values[clip, :length].tolist())
        torch.testing.assert_close(got[clip], torch.tensor(want), atol=1e-5, rtol=1e-4)


def test_model_is_the_equations():
    model, batch = model_of(), tiny_batch()
    output = model(batch)
    for clip in range(len(output.logits)):
        text, video, audio = (x[0].tolist() for x in model.modalities(one_clip(batch, clip)))
        projected = [
            layer_norm(part[2], relu(linear(part[0], x))) for part, x in zip(model.project, (text, video, audio))
        ]
        shared = [sigmoid(linear(model.shared, x)) for x in projected]
        private = [sigmoid(linear(layer, x)) for layer, x in zip(model.private, projected)]
        decoded = [linear(layer, add(p, s)) for layer, p, s in zip(model.decoder, private, shared)]
        joined = sum(slow_transformer(model.transformer, [*private, *shared]), [])
        features = relu(linear(model.fusion[0], joined))
        want = {
            "projected": projected,
            "shared": shared,
            "private": private,
            "decoded": decoded,
            "features": features,
            "logits": linear(model.classifier, features),
        }
        for name, values in want.items():
            torch.testing.assert_close(
                getattr(output, name)[clip], torch.tensor(values), atol=1e-5, rtol=1e-4, msg=f"{name} of clip {clip}"
            )


def test_text_is_the_mean_token():
    model, batch = model_of(), tiny_batch()
    text = model.modalities(batch)[0]
    token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
    hidden = model.encoder.encode(model.encoder.embed(token_ids, segment_ids), mask.bool())
    for clip in range(len(text)):
        want = mean(hidden[clip, mask[clip].bool()].tolist())
        torch.testing.assert_close(text[clip], torch.tensor(want), atol=1e-5, rtol=1e-5)


def test_host_reads_as_many_frames_as_there_are_tokens():
    model, batch = model_of(host=True), tiny_batch()
    tokens = batch["text_feats"][:, 1].sum(dim=1)
    _, video, _ = model.modalities(batch)
    for clip, count in enumerate(tokens.tolist()):
        frames = batch["video_feats"][clip, : batch["video_lengths"][clip]][:count]
        frames = torch.nn.functional.pad(frames, (0, 0, 0, count - len(frames)))
        want = model.video(frames[None], torch.ones(1, count, dtype=torch.bool))
        torch.testing.assert_close(video[clip], want[0], atol=1e-5, rtol=1e-5)


def test_the_discriminators_gradient_reaches_the_shared_vectors_reversed():
    grads = {}
    for weight in (0.0, 0.8):
        model = model_of(use_cmd_sim=False, reverse_grad_weight=weight, diff_weight=0, recon_weight=0)
        output = model(tiny_batch())
        loss = model.loss(output, torch.zeros(len(output.logits), dtype=torch.int64))["adversarial"]
        loss.backward()
        assert model.discriminator[0].weight.grad.any()
        grads[weight] = model.shared.weight.grad
    assert not grads[0.0].any()
    model = model_of(use_cmd_sim=False, diff_weight=0, recon_weight=0)
    output = model(tiny_batch())
    straight = model.discriminator(output.shared)
    torch.nn.functional.cross_entropy(straight.flatten(0, 1), torch.arange(3).repeat(len(straight))).backward()
    torch.testing.assert_close(grads[0.8], -0.8 * model.shared.weight.grad, atol=1e-6, rtol=1e-4)


def test_every_term_has_its_weight():
    weights = {"diff_weight": 0.3, "sim_weight": 0.5, "recon_weight": 2.0}
    names = {"difference": "diff_weight", "cmd": "sim_weight", "reconstruction": "recon_weight"}
    ids = torch.arange(4) % 2
    plain, weighted = (model_of(**chosen) for chosen in (dict.fromkeys(weights, 1.0), weights))
    ones, terms = (model.loss(model(tiny_batch()), ids) for model in (plain, weighted))
    for name, term in terms.items():
        torch.testing.assert_close(term, ones[name] * weights.get(names.get(name), 1.0))


def test_an_odd_width_is_refused():
    with pytest.raises(UserError, match="hidden_size=3 should be even"):
        Settings(hidden_size=3)
