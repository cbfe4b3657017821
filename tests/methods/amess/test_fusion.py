"""Alignment, attention blocks and A-ME (Eq. 4-13) against a float64 reference written clip by clip, head by head."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_plugins.methods.amess.anchors import FLOOR
from mia_plugins.methods.amess.attention import AnchorCrossAttention
from mia_plugins.methods.amess.fusion import IdentityStart, build_fusion
from mia_plugins.nn.alignment import NAMES, build_alignment
from mia_plugins.nn.attention import CrossAttention
from mia_plugins.nn.frames import Frames

T, V, A, D = 7, 4, 6, 8


def softmax(row):
    top = max(row)
    out = [math.exp(x - top) for x in row]
    return [x / sum(out) for x in out]


def gelu(x):
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def linear(layer, x):
    return [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(layer.weight.tolist(), layer.bias.tolist())]


def layer_norm(layer, x):
    mean = sum(x) / len(x)
    var = sum((v - mean) ** 2 for v in x) / len(x)
    rows = zip(x, layer.weight.tolist(), layer.bias.tolist())
    return [(v - mean) / math.sqrt(var + layer.eps) * w + b for v, w, b in rows]


def add(x, y):
    return [a + b for a, b in zip(x, y)]


def slow_attend(queries, keys, values, heads):
    width = len(queries[0]) // heads
    out = []
    for q in queries:
        row = []
        for h in range(heads):
            part = slice(h * width, (h + 1) * width)
            weights = softmax([sum(a * b for a, b in zip(q[part], k[part])) / math.sqrt(width) for k in keys])
            row += [sum(w * v[part][d] for w, v in zip(weights, values)) for d in range(width)]
        out.append(row)
    return out


def slow_cross(block, queries, sources):
    sources = [layer_norm(block.source_norm, s) for s in sources]
    q, k, v = (
        [linear(layer, x) for x in xs]
        for layer, xs in ((block.query, queries), (block.key, sources), (block.value, sources))
    )
    read = [linear(block.out, x) for x in slow_attend(q, k, v, block.heads)]
    return [layer_norm(block.norm, add(x, r) if block.residual else r) for x, r in zip(queries, read)]


def slow_anchor_cross(block, own, other):
    q, k, v = (
        [linear(layer, x) for x in xs] for layer, xs in ((block.query, own), (block.key, other), (block.value, other))
    )
    first, second = block.feedforward[0], block.feedforward[2]
    out = []
    for anchor, read in zip(own, slow_attend(q, k, v, 1)):
        out.append(add(anchor, linear(second, [max(0.0, x) for x in linear(first, read)])))
    return out


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def slow_anchors(text, fused, k):
    ratios = []
    for token in text:
        near = sorted([FLOOR, *(max(FLOOR, cosine(token, f)) for f in fused)], reverse=True)
        ratios.append(near[0] / near[1])
    return [fused[i] for i in sorted(range(len(text)), key=lambda i: -ratios[i])[:k]]


def slow_ctc(align, frames):
    """The published alignment of one clip, through torch's own LSTM on that clip alone."""
    positions = align.positions(torch.tensor([frames], dtype=torch.float64))[0][0].tolist()
    out = [[0.0] * len(frames[0]) for _ in range(len(positions[0]) - 1)]
    for frame, logits in zip(frames, positions):
        for place, weight in enumerate(softmax(logits)[1:]):
            out[place] = add(out[place], [weight * x for x in frame])
    return out


def slow_ame(module, text, video, audio):
    if not video and not audio:
        return text
    if not video or not audio:  # the other's term alone, whose anchors have nothing to read
        name, frames = ("video", video) if video else ("audio", audio)
        align, cross, temporal = (getattr(module, f"{name}_{part}") for part in ("align", "cross", "temporal"))
        fused = slow_cross(cross, text, slow_ctc(align, frames))
        mixed = slow_cross(temporal, fused, slow_anchors(text, fused, module.num_anchors))
        return [layer_norm(module.norm, x) for x in mixed]
    fused_v = slow_cross(module.video_cross, text, slow_ctc(module.video_align, video))
    fused_a = slow_cross(module.audio_cross, text, slow_ctc(module.audio_align, audio))
    anchors_v = slow_anchors(text, fused_v, module.num_anchors)
    anchors_a = slow_anchors(text, fused_a, module.num_anchors)
    rich_v = slow_anchor_cross(module.audio_to_video, anchors_v, anchors_a)
    rich_a = slow_anchor_cross(module.video_to_audio, anchors_a, anchors_v)
    mixed_a = slow_cross(module.audio_temporal, fused_a, rich_a)
    mixed_v = slow_cross(module.video_temporal, fused_v, rich_v)
    return [layer_norm(module.norm, add(x, y)) for x, y in zip(mixed_v, mixed_a)]


def make_fusion(**changes):
    options = {
        "dim": D, "heads": 2, "video_dim": V, "audio_dim": A, "text_length": T, "video_length": 9, "audio_length": 11,
        "anchor_embedding": True, "aligned_method": "ctc", "num_anchors": 3, "dropout": 0.0, "residual": True,
        "fusion_start": "paper", **changes,
    }  # fmt: skip
    torch.manual_seed(0)
    module = build_fusion(**options).double().eval()
    for weight in module.parameters():  # away from the neutral start of norms and biases
        weight.data += 0.1 * torch.randn_like(weight)
    return module


def ragged(tokens, videos, audios, seed=0, extra=0):
    generator = torch.Generator().manual_seed(seed)

    def padded(lengths, dim):
        mask = torch.arange(max(1, *lengths) + extra) < torch.tensor(lengths)[:, None]
        values = torch.zeros(*mask.shape, dim, dtype=torch.float64)
        for i, length in enumerate(lengths):
            values[i, :length] = torch.randn(length, dim, generator=generator, dtype=torch.float64)
        return values, mask

    return (*padded(tokens, D), Frames(*padded(videos, V)), Frames(*padded(audios, A)))


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("num_anchors", [1, 3, 50])
def test_ame_matches_the_loops_on_ragged_clips(residual, num_anchors):
    module = make_fusion(residual=residual, num_anchors=num_anchors)
    tokens, videos, audios = [7, 2, 4, 5, 3, 6], [9, 1, 5, 0, 4, 0], [3, 11, 2, 6, 0, 0]
    text, mask, video, audio = ragged(tokens, videos, audios)
    for frames in (video, audio):
        frames.values[~frames.mask] = 9.0
    got = module(text, mask, video, audio)
    for i in range(len(tokens)):
        want = slow_ame(
            module,
            text[i, : tokens[i]].tolist(),
            video.values[i, : videos[i]].tolist(),
            audio.values[i, : audios[i]].tolist(),
        )
        assert torch.allclose(got[i, : tokens[i]], torch.tensor(want, dtype=torch.float64), atol=1e-9)


@pytest.mark.parametrize("aligned_method", NAMES)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_padding_never_changes_a_fusion(aligned_method, data):
    module = make_fusion(aligned_method=aligned_method)
    clip = st.tuples(st.integers(2, 7), st.integers(0, 9), st.integers(0, 11))
    clips = data.draw(st.lists(clip, min_size=1, max_size=3))
    tokens, videos, audios = map(list, zip(*clips))
    text, mask, video, audio = ragged(tokens, videos, audios)
    whole = module(text, mask, video, audio)
    for i, (t, v, a) in enumerate(clips):
        v, a = max(v, 1), max(a, 1)  # a frame of padding where there is none
        alone = module(
            text[i : i + 1, :t],
            mask[i : i + 1, :t],
            Frames(video.values[i : i + 1, :v], video.mask[i : i + 1, :v]),
            Frames(audio.values[i : i + 1, :a], audio.mask[i : i + 1, :a]),
        )
        assert torch.allclose(whole[i, :t], alone[0], atol=1e-9)


def slow_average(frames, length):
    """Consecutive parts, sizes differing by one at most."""
    parts = min(len(frames), length)
    member = [t * parts // len(frames) for t in range(len(frames))]
    groups = [[f for f, m in zip(frames, member) if m == p] for p in range(parts)]
    return [[sum(column) / len(group) for column in zip(*group)] for group in groups]


@pytest.mark.parametrize("count", [1, 3, 5, 8])
def test_average_pool(count):
    frames = torch.randn(1, 8, 3, dtype=torch.float64)
    mask = torch.arange(8)[None] < count
    aligned, places = build_alignment("avg_pool", dim=3, max_frames=8, length=4)(frames, mask)
    want = slow_average(frames[0, :count].tolist(), 4)
    assert places.sum() == len(want)
    assert torch.allclose(aligned[0, : len(want)], torch.tensor(want, dtype=torch.float64))


def slow_salience(align, frames):
    """One clip's mean frame, each weighed by the exponential of what the small network makes of it."""
    norm, inner, _, outer = align.salience
    hidden = [[gelu(x) for x in linear(inner, layer_norm(norm, frame))] for frame in frames]
    weights = softmax([linear(outer, h)[0] for h in hidden])
    return [sum(w * frame[i] for w, frame in zip(weights, frames)) for i in range(len(frames[0]))]


def test_salience_weighs_the_frames_of_a_clip_against_each_other():
    torch.manual_seed(2)
    align = build_alignment("salience", dim=3, max_frames=8, length=4).double()
    frames, counts = torch.randn(3, 8, 3, dtype=torch.float64), [8, 1, 5]
    mask = torch.arange(8)[None] < torch.tensor(counts)[:, None]
    aligned, places = align(frames, mask)
    assert places.tolist() == [[True]] * 3
    for clip, count in enumerate(counts):
        want = slow_salience(align, frames[clip, :count].tolist())
        assert torch.allclose(aligned[clip, 0], torch.tensor(want, dtype=torch.float64))


def test_salience_can_choose_one_frame_of_many():
    align = build_alignment("salience", dim=2, max_frames=40, length=4)
    _, inner, _, outer = align.salience
    for part, weight in ((inner, 30.0), (outer, 1.0)):  # sees the sign of a frame's first value
        torch.nn.init.zeros_(part.weight)
        torch.nn.init.zeros_(part.bias)
        part.weight.data[0, 0] = weight
    frames = torch.tensor([[-1.0, 1.0]]).repeat(1, 40, 1)
    frames[0, 17] = torch.tensor([1.0, -1.0])
    assert align.weights(frames, torch.ones(1, 40, dtype=torch.bool))[0, 0, 17] > 0.99


def test_a_clip_without_frames_is_zeros_to_salience():
    align = build_alignment("salience", dim=3, max_frames=8, length=4)
    frames = torch.randn(2, 4, 3, requires_grad=True)
    aligned, _ = align(frames, torch.tensor([[True] * 4, [False] * 4]))
    assert (aligned[0] != 0).all()
    assert (aligned[1] == 0).all()
    aligned.sum().backward()
    assert frames.grad.isfinite().all()


def test_conv1d_is_a_map_of_frame_indices():
    align = build_alignment("conv1d", dim=3, max_frames=8, length=4).double()
    frames = torch.randn(1, 5, 3, dtype=torch.float64)
    aligned, _ = align(frames, torch.tensor([[True, True, True, False, False]]))
    for place in range(4):
        want = sum(align.weight[place, t] * frames[0, t] for t in range(3))
        assert torch.allclose(aligned[0, place], want)


def test_blocks_alone_match_the_loops():
    torch.manual_seed(1)
    cross = CrossAttention(8, 5, heads=4, dropout=0.0).double()
    query, source = torch.randn(1, 3, 8, dtype=torch.float64), torch.randn(1, 6, 5, dtype=torch.float64)
    mask = torch.arange(6)[None] < 4
    want = slow_cross(cross, query[0].tolist(), source[0, :4].tolist())
    assert torch.allclose(cross(query, source, mask)[0], torch.tensor(want, dtype=torch.float64))
    anchor = AnchorCrossAttention(8, dropout=0.0).double()
    own, other = torch.randn(1, 3, 8, dtype=torch.float64), torch.randn(1, 3, 8, dtype=torch.float64)
    want = slow_anchor_cross(anchor, own[0].tolist(), other[0, :2].tolist())
    got = anchor(own, other, torch.tensor([[True, True, False]]))
    assert torch.allclose(got[0], torch.tensor(want, dtype=torch.float64))


def test_gradient_of_the_anchor_path():
    module = make_fusion(aligned_method="none")
    text, mask, video, audio = ragged([4, 2], [3, 2], [2, 4])

    def fused(frames):
        return module(text, mask, Frames(frames, video.mask), audio)[mask]

    assert torch.autograd.gradcheck(fused, (video.values.requires_grad_(),), eps=1e-7, atol=1e-4)


@pytest.mark.parametrize("fusion_start", ["paper", "identity"])
@pytest.mark.parametrize("anchor_embedding", [True, False])
def test_without_video_and_audio_the_encoder_reads_the_text(anchor_embedding, fusion_start):
    module = make_fusion(anchor_embedding=anchor_embedding, fusion_start=fusion_start)
    text, mask, video, audio = ragged([4, 2, 3], [0, 3, 0], [0, 2, 5])
    got = module(text, mask, video, audio)
    assert torch.equal(got[0], text[0])
    assert not torch.allclose(got[1:], text[1:])


def test_without_video_the_plain_fusion_adds_the_audio_alone():
    module = make_fusion(anchor_embedding=False)
    text, mask, video, audio = ragged([4], [0], [3])
    heard = linear(module.audio[1], layer_norm(module.audio[0], audio.values[0].mean(dim=0).tolist()))
    want = [layer_norm(module.norm, add(token, heard)) for token in text[0].tolist()]
    assert torch.allclose(module(text, mask, video, audio)[0], torch.tensor(want, dtype=torch.float64))


def test_identity_start_adds_a_scaled_fusion():
    fusion = make_fusion()
    module = IdentityStart(fusion, D, start=0.25).double()
    inputs = ragged([4, 2], [3, 2], [2, 4])
    assert torch.allclose(module(*inputs), inputs[0] + 0.25 * fusion(*inputs))
