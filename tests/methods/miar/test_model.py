"""MIAR's tokens against loops, and its parts put together."""

import pytest
import torch
from loops import add, attend, layer_norm, linear

from mia_plugins.methods.miar import METHOD
from mia_plugins.methods.miar.interaction import FeatureToken
from mia_plugins.nn.frames import Frames
from mia_plugins.nn.losses import classification_loss, supervised_contrast
from mia_plugins.plugin import UserError
from mia_plugins.testing import MethodContract
from mia_plugins.testing.tiny import tiny_task

DIM, HEADS = 8, 2


class Tiny(MethodContract):
    __test__ = False
    method = METHOD


tiny = Tiny()


def slow_read(cross, queries, source):
    """``LayerNorm(x + Attn(x, s, s))``."""
    source = [layer_norm(cross.source_norm, row) for row in source]
    projected = [[linear(part, row) for row in rows] for part, rows in zip(
        (cross.query, cross.key, cross.value), (queries, source, source)
    )]  # fmt: skip
    read = attend(*projected, HEADS)
    return [layer_norm(cross.norm, add(row, linear(cross.out, more))) for row, more in zip(queries, read)]


def test_a_token_matches_the_loops():
    torch.manual_seed(0)
    model = FeatureToken(DIM, HEADS, dropout=0.0)
    lengths = ((4, 2), (1, 5), (3, 3))
    reader, source = torch.randn(3, 4, DIM), torch.randn(3, 5, DIM)
    masks = [torch.arange(size) < torch.tensor(row)[:, None] for size, row in zip((4, 5), zip(*lengths))]
    got = model(Frames(reader, masks[0]), Frames(source, masks[1]))
    for clip, (read, seen) in enumerate(lengths):
        inner = slow_read(model.read, reader[clip, :read].tolist(), source[clip, :seen].tolist())
        (want,) = slow_read(model.sum_up, model.query[0].tolist(), inner)
        assert torch.allclose(got[clip], torch.tensor(want), atol=1e-5)


def test_each_token_is_a_reading_of_two_modalities():
    model = tiny.ready()
    batch = tiny.scored_batch()
    tokens = tiny.score(model, batch).tokens
    for name, touched in (("video", [True, True, False, False]), ("audio", [False, False, True, True])):
        other = {**batch, f"{name}_feats": batch[f"{name}_feats"].flip(-1)}
        changed = (tiny.score(model, other).tokens != tokens).flatten(2).any(dim=2).any(dim=0)
        assert changed.tolist() == touched


def test_the_loss_is_the_weighted_sum_of_its_terms():
    model, batch = tiny.ready(), tiny.training_batch()
    output, label_ids = model(batch), batch["label_ids"]
    terms = model.loss(output, label_ids)
    assert torch.equal(terms["classification"], classification_loss(output.logits, label_ids, 5))
    for name, first in (("text_video", 0), ("text_audio", 2)):
        pair = output.tokens[:, first], output.tokens[:, first + 1]
        assert torch.equal(terms[name], 0.1 * supervised_contrast(*pair, label_ids, num_labels=5, temperature=0.5))
    assert len(terms) == 3


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(UserError, match=r"heads=3 should divide the width of .*, 16"):
        METHOD.build(tiny_task(), METHOD.settings(heads=3))
