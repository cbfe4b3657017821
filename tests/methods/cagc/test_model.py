"""CAGC's parts put together; what every method's model must do is in ``test_contract.py``."""

import pytest
import torch

from mia_plugins.methods.cagc import METHOD
from mia_plugins.nn.losses import classification_loss, supervised_contrast
from mia_plugins.plugin import UserError
from mia_plugins.testing import MethodContract
from mia_plugins.testing.tiny import tiny_task


class Tiny(MethodContract):
    __test__ = False
    method = METHOD
    settings = {"neighbours": 5}


class SameLabel(Tiny):
    settings = {"neighbours": 5, "train_neighbours": "same_label"}


tiny = Tiny()


def kept_labels(model, batch):
    """The labels of the neighbours that each clip keeps."""
    index, keep = model.neighbours(batch)
    return [model.bank.label_ids[i][k].tolist() for i, k in zip(index, keep)]


def test_a_clip_may_keep_the_neighbours_of_its_label_in_training_but_an_out_of_scope_clip_those_of_a_test():
    model, places = SameLabel().ready(), (0, 3, 7, 15, 18)
    batch = tiny.training_batch(places)
    tested = kept_labels(model, {key: value for key, value in batch.items() if key != "label_ids"})
    trained = kept_labels(model, batch)
    for row, label in enumerate(batch["label_ids"].tolist()[:3]):
        everything = model.bank.label_ids[model.neighbours(batch)[0][row]].tolist()
        assert trained[row] == [other for other in everything if other == label]
    assert trained[3:] == tested[3:]
    assert all(tested[3:])
    assert trained != tested


def test_training_clips_are_read_as_tested_and_do_not_see_their_label():
    model, batch = tiny.ready(), tiny.training_batch()
    without = {key: value for key, value in batch.items() if key != "label_ids"}
    assert kept_labels(model, batch) == kept_labels(model, without)


def test_the_bank_holds_the_mean_frames_of_the_training_clips():
    model, train = tiny.ready(), tiny.data.splits["train"]
    for row, (frames, label) in enumerate(zip(train.video, train.label_ids)):
        assert torch.allclose(model.bank.frames[row], torch.from_numpy(frames).mean(dim=0), atol=1e-6)
        assert model.bank.label_ids[row] == label


def test_the_loss_is_the_weighted_sum_of_its_terms():
    model = tiny.ready()
    batch = tiny.training_batch()
    output, label_ids = model(batch), batch["label_ids"]
    terms = model.loss(output, label_ids)
    assert torch.equal(terms["classification"], classification_loss(output.logits, label_ids, 5))
    others = {"text_audio": output.audio, "text_video": output.video, "global": output.features}
    for name, other in others.items():
        want = 0.02 * supervised_contrast(output.text, other, label_ids, num_labels=5, temperature=0.7)
        assert torch.equal(terms[name], want)
    assert len(terms) == 4


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(UserError, match=r"heads=3 should divide the width of .*, 16"):
        METHOD.build(tiny_task(), METHOD.settings(heads=3))
