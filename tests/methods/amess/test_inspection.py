"""What reports see of a model's inside, against the model's own forward pass and slow references."""

import numpy as np
import pytest
import torch
from small_model import AUDIO_DIM, DIM, VIDEO_DIM, make_batch, make_model

from mia_plugins.methods.amess.inspection import BINS, binned, frame_shares, held_frames, inspect
from mia_plugins.nn.alignment import NAMES, build_alignment
from mia_plugins.nn.attention import CrossAttention
from mia_plugins.nn.frames import Frames

CPU = torch.device("cpu")


def batches():
    return [
        make_batch(tokens=[6, 2], videos=[12, 3], audios=[1, 14]),
        make_batch(tokens=[2], videos=[5], audios=[4], seed=1),
    ]


def test_arrays_have_a_row_a_clip_and_are_the_models_own():
    model = make_model().eval()
    arrays = inspect(model, batches(), CPU)
    with torch.inference_mode():
        sentence = torch.cat([model(batch).sentence for batch in batches()]).numpy()
    assert np.allclose(arrays["sentence"].astype(np.float32), sentence, atol=2e-3)
    assert arrays["sentence_before"].shape == (3, DIM)
    assert np.allclose(arrays["semantics"].values, model.descriptions.numpy(), atol=2e-3)
    for modality, lengths in (("video", [12, 3, 5]), ("audio", [1, 14, 4])):
        assert arrays[f"{modality}_length"].tolist() == lengths
        anchors, frames = arrays[f"{modality}_anchors"], arrays[f"{modality}_frames"]
        assert anchors.shape == frames.shape == (3, 3)
        assert (anchors[0] >= 0).all()
        assert (anchors[1:] >= 0).sum(axis=1).tolist() == [2, 2]  # two tokens, two anchors
        assert (anchors < np.array([[6], [2], [2]])).all()
        assert (frames < np.array(lengths)[:, None]).all()
        reading = arrays[f"{modality}_reading"].astype(np.float32)
        assert reading.shape == (3, 3, BINS)
        assert np.allclose(reading[anchors >= 0].sum(axis=-1), 1, atol=1e-2)


def test_parts_that_a_model_lacks_are_absent():
    assert not any("sentence" in name for name in inspect(make_model(semantic_sync=False), batches(), CPU))
    assert not any("anchors" in name for name in inspect(make_model(anchor_embedding=False), batches(), CPU))
    assert "video_anchors" in inspect(make_model(fusion_start="identity"), batches(), CPU)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_position_holds_makes_the_aligned_frames(name):
    torch.manual_seed(0)
    batch = make_batch(tokens=[3, 3], videos=[11, 4], audios=[2, 2])
    values = batch["video_feats"]
    frames = Frames(values, torch.arange(values.shape[1]) < batch["video_lengths"][:, None])
    align = build_alignment(name, dim=VIDEO_DIM, max_frames=12, length=9)
    with torch.no_grad():
        if name == "conv1d":
            align.weight.abs_()  # shares leave the sign out
        aligned, mask = align(*frames)
        held = held_frames(align, frames)
        assert held.shape == (2, aligned.shape[1], values.shape[1])
        assert (held >= 0).all()
        assert not held[1, :, 4:].any()  # nothing behind a clip's end
        assert torch.allclose((held @ values)[mask], aligned[mask], atol=1e-4)


def test_shares_are_attention_times_alignment():
    torch.manual_seed(0)
    batch = make_batch(tokens=[3], videos=[2], audios=[6])
    cross = CrossAttention(DIM, AUDIO_DIM, heads=2, dropout=0.0)
    text, values = torch.randn(1, 3, DIM), batch["audio_feats"]
    align = build_alignment("none", dim=AUDIO_DIM, max_frames=14, length=9)
    with torch.no_grad():
        shares = frame_shares(text, Frames(values, torch.ones(1, 6, dtype=torch.bool)), align, cross)
        source = cross.source_norm(values)
        expected = torch.zeros(3, 6)
        for head in range(2):
            part = slice(head * DIM // 2, (head + 1) * DIM // 2)
            for i in range(3):
                query = cross.query(text)[0, i, part]
                scores = torch.stack([query @ cross.key(source)[0, j, part] for j in range(6)])
                expected[i] += (scores / (DIM / 2) ** 0.5).softmax(dim=0) / 2
    assert torch.allclose(shares[0], expected, atol=1e-5)


def test_bins_share_frames_in_proportion():
    shares = torch.tensor([[[0.5, 0.25, 0.25, 0.0]]])
    result = binned(shares, torch.tensor([3]))[0, 0]
    expected = torch.zeros(BINS)
    for i in range(3 * 1000):  # a thousandth of a frame at a time
        expected[int(i / 3000 * BINS)] += shares[0, 0, i // 1000] / 1000
    assert torch.allclose(result, expected, atol=1e-3)
    assert result.sum() == pytest.approx(1)
