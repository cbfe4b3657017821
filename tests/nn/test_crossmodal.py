"""MulT's crossmodal transformer against its equations, written with loops for one clip at a time."""

import math

import pytest
import torch
from loops import add, attend, layer_norm, linear, relu

from mia_plugins.nn.crossmodal import CrossmodalTransformer, readable, sinusoidal_positions

DIM, HEADS, LAYERS = 6, 2, 2
CLIPS = ((4, 3), (2, 7), (5, 1))  # targets and sources


def transformer(**options):
    torch.manual_seed(0)
    model = CrossmodalTransformer(DIM, HEADS, LAYERS, **options).double().eval()
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(weight)
    return model


def slow_position(p, dim):
    half = dim // 2
    angles = [p / 10_000 ** (i / (half - 1)) for i in range(half)]
    return [math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles] + [0.0] * (dim % 2)


def slow_embed(rows):
    return [add([math.sqrt(DIM) * v for v in row], slow_position(i + 1, DIM)) for i, row in enumerate(rows)]


def slow_layer(layer, queries, keys, values, may_read):
    q = [linear(layer.query, layer_norm(layer.attention_norm, x)) for x in queries]
    k = [linear(layer.key, layer_norm(layer.attention_norm, x)) for x in keys]
    v = [linear(layer.value, layer_norm(layer.attention_norm, x)) for x in values]
    read = [linear(layer.out, x) for x in attend(q, k, v, layer.heads, may_read)]
    mixed = [add(x, r) for x, r in zip(queries, read)]
    inner = [relu(linear(layer.inner, layer_norm(layer.feedforward_norm, x))) for x in mixed]
    return [add(x, linear(layer.outer, y)) for x, y in zip(mixed, inner)]


def slow_transformer(model, query, key=None, value=None):
    sources = len(query) if key is None else len(key)
    hidden = slow_embed(query)
    keys, values = (None, None) if key is None else (slow_embed(key), slow_embed(key if value is None else value))

    def may_read(target, source):
        return not model.causal or source <= target + abs(sources - len(query))

    for layer in model.layers:
        pair = (hidden, hidden) if key is None else (keys, values)
        hidden = slow_layer(layer, hidden, *pair, may_read)
    return [layer_norm(model.norm, x) for x in hidden]


def batch_of(lengths):
    values = torch.full((len(lengths), max(lengths), DIM), 9.0, dtype=torch.float64)  # what stands in padding
    for clip, length in enumerate(lengths):
        values[clip, :length] = torch.randn(length, DIM, dtype=torch.float64)
    return values, torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("what", ["self", "key", "key and value"])
def test_transformer_is_the_equations(what, causal):
    model = transformer(causal=causal)
    query, query_mask = batch_of([targets for targets, _ in CLIPS])
    key, source_mask = batch_of([sources for _, sources in CLIPS])
    given = {"self": {}, "key": {"key": key}, "key and value": {"key": key, "value": torch.randn_like(key)}}[what]
    got = model(query, query_mask, **given, source_mask=source_mask if given else None)
    for clip, (targets, sources) in enumerate(CLIPS):
        want = slow_transformer(
            model, query[clip, :targets].tolist(), **{name: x[clip, :sources].tolist() for name, x in given.items()}
        )
        torch.testing.assert_close(got[clip, :targets], torch.tensor(want, dtype=torch.float64), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("dim", [2, 4, 7])
def test_positions(dim):
    got = sinusoidal_positions(5, dim)
    if dim > 3:
        want = torch.tensor([slow_position(p, dim) for p in range(1, 6)])
        torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)
    assert got.shape == (5, dim)
    assert torch.isfinite(got).all()


def test_the_last_target_reads_every_source():
    query_mask = torch.arange(5) < torch.tensor([[5], [2], [1]])
    source_mask = torch.arange(7) < torch.tensor([[7], [3], [4]])
    seen = readable(query_mask, source_mask, causal=True)
    for clip, (targets, sources) in enumerate(((5, 7), (2, 3), (1, 4))):
        assert seen[clip, targets - 1].tolist() == source_mask[clip].tolist()
        assert seen[clip, 0].sum() == min(sources, 1 + abs(sources - targets))
    assert seen.any(dim=-1).all(), "a target that reads nothing would be NaN"


def test_dropout_is_drawn_in_training_alone():
    names = ("attn_dropout", "relu_dropout", "res_dropout", "embed_dropout")
    query, mask = batch_of([3, 3])
    for name in names:
        model = transformer(**{name: 0.5})
        assert torch.equal(model(query, mask), model(query, mask)), name
        model.train()
        assert not torch.equal(model(query, mask), model(query, mask)), name


def test_host_reads_padding_and_gives_zero_rows_no_position():
    model, host = transformer(causal=False), transformer(causal=False, host=True)
    query, query_mask = batch_of([3, 3])
    key, source_mask = batch_of([2, 4])
    key[~source_mask] = 0.0
    everything = torch.ones_like(source_mask)
    want = model(query, query_mask, key=key, source_mask=everything)
    got = host(query, query_mask, key=key, source_mask=source_mask)
    torch.testing.assert_close(got[1], want[1])  # no padding
    assert not torch.allclose(got[0], want[0])  # padding without a position
    rows = host.embed(key)
    assert torch.equal(rows[0, 2:], torch.zeros_like(rows[0, 2:]))
