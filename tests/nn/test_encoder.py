"""The encoder's two halves."""

import torch
from transformers import RobertaConfig, RobertaModel

from mia_plugins.nn.encoder import TextEncoder


def test_an_encoder_with_one_kind_of_segment_reads_a_history():
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=12,
        type_vocab_size=1,
    )
    encoder = TextEncoder(RobertaModel(config)).eval()
    ids, segments = torch.tensor([[5, 6, 7, 8]]), torch.tensor([[0, 0, 1, 1]])
    assert torch.equal(encoder.embed(ids, segments), encoder.embed(ids, torch.zeros_like(segments)))
