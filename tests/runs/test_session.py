"""What is found out before a training."""

import argparse
from types import SimpleNamespace

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.runs.session import check_detector


def options(**changed):
    return argparse.Namespace(**{"test_ood": True, "test_mode": "ood_det", "ood_detection_method": "ma", **changed})


def data(*label_ids):
    return SimpleNamespace(
        splits={"train": SimpleNamespace(label_ids=np.array(label_ids))}, labels=("Ask", "Thank", "Joke")
    )


def test_a_detector_that_could_not_be_fitted_is_refused_before_the_training():
    with pytest.raises(UserError, match="and Thank, Joke have no training clip; choose msp"):
        check_detector(options(), data(0, 0, 3))
    check_detector(options(), data(0, 1, 2))


@pytest.mark.parametrize("changed", [{"test_ood": False}, {"test_mode": "ood_cls"}, {"ood_detection_method": "vim"}])
def test_others_need_no_clip_of_every_intent(changed):
    check_detector(options(**changed), data(0))
