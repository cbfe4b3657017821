"""A small model with random weights, and ragged batches for it."""

import torch
from transformers import BertConfig, BertModel

from mia_plugins.methods.amess.fusion import build_fusion
from mia_plugins.methods.amess.model import AMESS
from mia_plugins.nn.encoder import TextEncoder

DIM, VIDEO_DIM, AUDIO_DIM, LABELS, WIDTH, VOCABULARY = 16, 6, 10, 5, 12, 50


def make_model(
    num_classes=LABELS,
    semantic_sync=True,
    anchor_embedding=True,
    aligned_method="ctc",
    fusion_start="paper",
    **overrides,
):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=DIM, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
    )
    fusion = build_fusion(
        dim=DIM,
        heads=2,
        video_dim=VIDEO_DIM,
        audio_dim=AUDIO_DIM,
        text_length=9,
        video_length=12,
        audio_length=14,
        anchor_embedding=anchor_embedding,
        aligned_method=aligned_method,
        num_anchors=overrides.pop("num_anchors", 3),
        dropout=0.1,
        residual=True,
        fusion_start=fusion_start,
    )
    return AMESS(
        TextEncoder(BertModel(config)),
        fusion,
        num_classes=num_classes,
        num_labels=LABELS,
        descriptions=torch.randn(LABELS, 3, WIDTH) if semantic_sync else None,
        temperature=0.7,
        literal=False,
        pooling=overrides.pop("pooling", "first"),
        **overrides,
    )


def make_batch(tokens, videos, audios, seed=0, extra=(0, 0, 0)):
    """A batch with the given lengths, padded to its longest plus ``extra`` (text, video, audio)."""
    generator = torch.Generator().manual_seed(seed)

    def padded(lengths, dim, more):
        out = torch.zeros(len(lengths), max(lengths) + more, dim)
        for i, length in enumerate(lengths):
            out[i, :length] = torch.randn(length, dim, generator=generator)
        return out

    text = torch.zeros(len(tokens), 3, max(tokens) + extra[0], dtype=torch.long)
    for i, length in enumerate(tokens):
        text[i, 0, :length] = torch.randint(1, VOCABULARY, (length,), generator=generator)
        text[i, 1, :length] = 1
    return {
        "text_feats": text,
        "video_feats": padded(videos, VIDEO_DIM, extra[1]),
        "audio_feats": padded(audios, AUDIO_DIM, extra[2]),
        "video_lengths": torch.tensor(videos),
        "audio_lengths": torch.tensor(audios),
    }
