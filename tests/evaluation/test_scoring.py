"""The dev score that picks the best epoch."""

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.evaluation.scoring import dev_score


def predictions(predicted, true, classes):
    return Predictions(8.0 * np.eye(classes)[predicted] - 4, np.zeros((len(true), 2)), np.array(true))


def never():
    raise AssertionError("the training clips are not needed")


def test_mean_of_both_scopes_f1():
    # labels 0, 1 and out of scope 2: F1 is 2/3, 1 and 2/3
    dev = predictions([0, 2, 1, 1, 2], [0, 0, 1, 1, 2], classes=3)
    score = dev_score(dev, never, monitor="is_os_f1", num_labels=2, scale=1)
    assert score == pytest.approx(((2 / 3 + 1) / 2 + 2 / 3) / 2)
    # the in-scope monitor takes the best in-scope class of the in-scope clips: all right but for ties
    assert dev_score(dev, never, monitor="acc", num_labels=2, scale=1) == pytest.approx(1)


def test_a_model_without_such_a_class_is_scored_by_thresholds():
    train = predictions([0, 0, 1, 1], [0, 0, 1, 1], classes=2)
    dev = predictions([0, 1, 0], [0, 1, 2], classes=2)
    dev.logits[:2] *= 2  # firmer than the training clips, as the thresholds want it
    dev.logits[2] = -1  # no class claims it
    assert dev_score(dev, lambda: train, monitor="is_os_f1", num_labels=2, scale=1) == pytest.approx(1)


def test_without_out_of_scope_clips_it_says_what_to_do():
    with pytest.raises(UserError, match="add --train_ood"):
        dev_score(predictions([0], [0], 3), never, monitor="is_os_f1", num_labels=2, scale=1)
