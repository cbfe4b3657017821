"""TCL-MAP's prompt against loops, and its parts put together."""

import math

import pytest
import torch
from loops import add, layer_norm, linear, norm, relu, softmax

from mia_plugins.methods.tcl_map import METHOD
from mia_plugins.methods.tcl_map.prompt import SimilarityAlignment
from mia_plugins.nn.frames import Frames
from mia_plugins.nn.losses import classification_loss, nt_xent
from mia_plugins.plugin import UserError
from mia_plugins.testing import MethodContract
from mia_plugins.testing.plugin import without_dropout
from mia_plugins.testing.tiny import LABELS, tiny_task


class Tiny(MethodContract):
    __test__ = False
    method = METHOD
    settings = {"shared_dim": 8, "layers": 2}


class Host(Tiny):
    settings = {**Tiny.settings, "host": True}


tiny = Tiny()


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / norm(a) / norm(b)


def test_the_similarity_alignment_matches_the_loops():
    torch.manual_seed(0)
    model, context = SimilarityAlignment(5, 4, shared_dim=3, length=6), torch.randn(2, 2, 4)
    frames = Frames(torch.randn(2, 7, 5), torch.arange(7) < torch.tensor([[7], [3]]))
    got, aligned = model(frames, context), model.align(*frames)[0].tolist()
    for clip in range(2):
        for place in range(2):
            wanted = linear(model.context, context[clip, place].tolist())
            weights = softmax(
                [model.scale.exp().item() * cosine(wanted, linear(model.frames, c)) for c in aligned[clip]]
            )
            opened = [1 / (1 + math.exp(-x)) for x in linear(model.widen, relu(linear(model.narrow, weights)))]
            want = add(*([weight * value for value in c] for weight, c in zip(opened, aligned[clip])))
            assert torch.allclose(got[clip, place], torch.tensor(want), atol=1e-5)


@pytest.mark.parametrize("case", [Tiny(), Host()])
def test_the_prompt_is_the_context_and_a_little_of_what_was_read(case):
    prompt, batch = case.ready().prompt, case.scored_batch()
    with torch.no_grad():
        prompt.gamma.copy_(torch.randn_like(prompt.gamma))
    video = Frames(batch["video_feats"], torch.arange(batch["video_feats"].shape[1]) < batch["video_lengths"][:, None])
    audio = Frames(batch["audio_feats"], torch.arange(batch["audio_feats"].shape[1]) < batch["audio_lengths"][:, None])
    got = prompt(video, audio)
    for clip in range(4):
        seen, heard = (Frames(each.values[clip : clip + 1], each.mask[clip : clip + 1]) for each in (video, audio))
        vectors = prompt.vectors[None]
        context = prompt.text_align(Frames(vectors, torch.ones(1, 3, dtype=torch.bool)), vectors)
        sources = [prompt.video(prompt.video_align(seen, context)), prompt.audio(prompt.audio_align(heard, context))]
        key, value = sources[::-1] if case is not tiny and case.settings.get("host") else sources
        read = prompt.transformer(prompt.text(vectors), torch.ones(1, 3, dtype=torch.bool), key, value)[0]
        for place, row in enumerate(read.tolist()):
            projected = linear(prompt.out[1], layer_norm(prompt.out[0], row))
            start = linear(prompt.text[1], layer_norm(prompt.text[0], prompt.vectors[place].tolist()))
            want = add(start, [g * x for g, x in zip(prompt.gamma.tolist(), projected)])
            assert torch.allclose(got[clip, place], torch.tensor(want), atol=1e-4)


def test_the_augmented_copy_has_the_labels_tokens_and_is_made_in_training_alone():
    model, batch = tiny.ready(), tiny.training_batch()
    unlabelled = {key: value for key, value in batch.items() if key != "label_ids"}
    assert model(unlabelled).masked is None
    assert set(model.loss(model(unlabelled), batch["label_ids"])) == {"classification"}
    output = model(batch)
    assert output.masked.shape == output.labelled.shape == (7, 4 * 16)
    other = model({**batch, "label_ids": (batch["label_ids"] + 1) % len(LABELS)})
    assert torch.allclose(other.logits, output.logits)
    assert torch.allclose(other.masked, output.masked)
    model.label_tokens = torch.arange(20).view(5, 4)
    changed = model(batch)
    assert torch.allclose(changed.masked, output.masked)
    assert not torch.allclose(changed.labelled, output.labelled)


def test_the_loss_is_the_sum_of_its_terms():
    model, batch = tiny.ready(), tiny.training_batch()
    output, label_ids = model(batch), batch["label_ids"]
    terms = model.loss(output, label_ids)
    assert torch.equal(terms["classification"], classification_loss(output.logits, label_ids, 5))
    in_scope = label_ids < 5
    alone = nt_xent(output.masked[in_scope], output.labelled[in_scope], in_scope[in_scope], temperature=0.5)
    assert torch.allclose(terms["contrastive"], alone)
    assert len(terms) == 2


def test_the_host_compares_the_mean_of_the_label_positions():
    batch = tiny.training_batch()
    ours, hosts = without_dropout(tiny.build()), without_dropout(Host().build())
    hosts.load_state_dict(ours.state_dict())
    with torch.no_grad():
        hosts.prompt.gamma.zero_()
        ours.prompt.gamma.zero_()
    assert torch.allclose(hosts(batch).masked, ours(batch).masked.unflatten(1, (4, 16)).mean(dim=1), atol=1e-5)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(UserError, match=r"heads=3 should divide the width of .*, 16"):
        METHOD.build(tiny_task(), METHOD.settings(heads=3))
