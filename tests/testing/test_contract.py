"""The contract's tests pass for a method that keeps it, and each fails for one that breaks just that."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from testing.bad_models import (
    Bank,
    Climbs,
    CountsPlaces,
    CountsTurns,
    DescribesElsewhere,
    Detaches,
    ForgetsItsBank,
    GivesALossAClip,
    Good,
    HasAnUnusedPart,
    HasAScalarField,
    HidesItsState,
    HidesWeights,
    KnowsClassesAlone,
    LooksAtBatchMates,
    LooksAtPadding,
    LosesEmptyParts,
    MixesPrecisions,
    NamesTermsByBatch,
    NeedsLabels,
    NormalizesOverTheBatch,
    OtherFeatures,
    PretrainedAltogether,
    ReadsAFrameAtLeast,
    ReadsBehindTheEnd,
    ReadsInnerWords,
    RemembersBatches,
    RemembersInBuffers,
    SeedsNothing,
    SeesItself,
    SharesALayer,
    StopsBeforeTheLastLayer,
    WeighsByPlace,
    WritesIntoTheBatch,
    as_method,
    classes_alone,
    fill,
    fill_further,
    inspect,
    inspect_batches,
    paint,
)

from mia_plugins.errors import UserError
from mia_plugins.testing import MethodContract


class TestGood(MethodContract):
    method = as_method(Good, inspect=inspect)


class TestGoodBank(MethodContract):
    method = as_method(Bank, prepare=fill, check=classes_alone)


@dataclass(frozen=True)
class Undescribed:
    """Says nothing of its settings."""

    width: int = 8


@dataclass(frozen=True)
class BadDefault:
    """A default of another type.

    Args:
        width: of the features.
    """

    width: int = 8.5


@dataclass(frozen=True)
class NamedAsTraining:
    """A name that training has.

    Args:
        lr: of the method.
        width: of the features.
    """

    lr: float = 0.1
    width: int = 8


BROKEN = (
    ("padding_further_changes_nothing", as_method(LooksAtPadding), "looks at padding"),
    ("what_stands_in_padding_is_not_read", as_method(ReadsBehindTheEnd), "behind a clip's end"),
    ("a_clip_alone_scores_as_among_others", as_method(LooksAtBatchMates), "clip 0 scores otherwise"),
    ("order_does_not_matter", as_method(CountsPlaces), ""),
    ("scoring_leaves_no_trace", as_method(RemembersBatches), "remembers other batches"),
    ("scoring_leaves_no_trace", as_method(RemembersInBuffers), "scoring changes the model"),
    ("scoring_leaves_no_trace", as_method(WritesIntoTheBatch), "writes into its batch"),
    ("labels_are_not_needed", as_method(NeedsLabels), "label_ids"),
    ("every_field_has_a_row_a_clip", as_method(HasAScalarField), "center has no row"),
    ("features_enter_the_last_layer", as_method(OtherFeatures), "not features @ weight.T"),
    ("bfloat16_stays_close", as_method(MixesPrecisions), "dtypes match"),
    ("bfloat16_trains", as_method(MixesPrecisions), "dtypes match"),
    ("clips_with_a_history_are_scored_as_any_others", as_method(CountsTurns), "among other clips"),
    ("the_same_seed_makes_the_same_model", as_method(SeedsNothing), "no seed sets"),
    ("odd_batches_give_finite_losses_and_gradients", as_method(LosesEmptyParts), "loss is nan"),
    ("odd_batches_give_finite_losses_and_gradients", as_method(GivesALossAClip), "a term is a scalar"),
    ("odd_batches_give_finite_losses_and_gradients", as_method(NamesTermsByBatch), "names depend on the batch"),
    ("every_parameter_learns", as_method(Detaches), "no gradient"),
    ("every_parameter_learns", as_method(HasAnUnusedPart), "unused"),
    ("the_order_of_a_batch_does_not_change_its_loss", as_method(WeighsByPlace), "loss: "),
    ("two_processes_compute_the_loss_of_one", as_method(NormalizesOverTheBatch), "loss: "),
    ("freezing_leaves_the_last_pretrained_layer_to_learn", as_method(StopsBeforeTheLastLayer), "nothing pre-trained"),
    ("training_two_models_keeps_them_apart", as_method(SharesALayer), "share something"),
    ("a_saved_model_scores_the_same", as_method(HidesWeights), ""),
    ("a_saved_model_scores_the_same", as_method(ForgetsItsBank, prepare=fill), "persistent buffers"),
    ("a_resumed_training_ends_as_an_uninterrupted_one", as_method(HidesItsState), "Epoch"),
    ("a_missing_modality_is_not_read", as_method(ReadsAFrameAtLeast), "nothing of its padding"),
    ("a_missing_modality_is_not_read", as_method(LooksAtBatchMates), "clip 0, with video, scores otherwise alone"),
    ("clips_with_missing_modalities_train", as_method(ReadsBehindTheEnd), "loss is nan"),
    ("a_modality_that_no_clip_has", as_method(ReadsBehindTheEnd), "loss is nan"),
    ("a_text_without_a_word", as_method(ReadsInnerWords), "a text of special tokens alone"),
    ("other_problems_are_learned", as_method(KnowsClassesAlone), ""),
    ("other_problems_are_learned", as_method(Climbs), "the loss does not fall"),
    ("every_setting_is_described", as_method(Good, settings=Undescribed), "width"),
    ("every_setting_is_described", as_method(Good, settings=NamedAsTraining), "same name"),
    ("every_default_is_a_value_that_may_be_given", as_method(Good, settings=BadDefault), "width=8.5"),
    ("configs_hold_known_settings", as_method(Good, name="amess", configs="mia_plugins.configs.amess"), "num_anchors"),
    ("pretrained_names_some_parts_but_not_all", as_method(PretrainedAltogether), "the last layer is new"),
    ("preparing_again_changes_nothing", as_method(Bank, prepare=fill_further), "prepare adds"),
    ("a_training_clip_does_not_see_its_own_label", as_method(SeesItself, prepare=fill), "leave the clip"),
    ("inspect_gives_a_row_a_clip", as_method(Good, inspect=inspect_batches), "1 rows for 6 clips"),
    (
        "descriptions_and_sentences_live_in_one_space",
        as_method(DescribesElsewhere, embed=lambda settings, sentences: np.ones((len(sentences), 4))),
        "another width than the descriptions",
    ),
    ("pictures_are_drawn", as_method(Good, pictures=(paint,)), "a list of Picture"),
)
ARGUMENTS = {
    "every_field_has_a_row_a_clip": {"ood_class": True, "training": False},
    "features_enter_the_last_layer": {"ood_class": True},
    "odd_batches_give_finite_losses_and_gradients": {"places": [15, 16], "ood_class": False},
    "configs_hold_known_settings": {"dataset": "MIntRec"},
    "a_missing_modality_is_not_read": {"lost": ["video"]},
    "clips_with_missing_modalities_train": {"lost": ["video"], "places": [1]},
    "other_problems_are_learned": {"problem": "sentiment"},
}


@pytest.mark.parametrize(
    ("name", "broken", "message"), BROKEN, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(BROKEN)]
)
def test_a_broken_method_fails(name, broken, message, tmp_path):
    class Broken(MethodContract):
        method = broken

    arguments = (
        {"tmp_path": tmp_path} if name.startswith(("a_saved", "a_resumed", "pictures")) else ARGUMENTS.get(name, {})
    )
    with pytest.raises((AssertionError, KeyError, RuntimeError, UserError)) as caught:
        getattr(Broken(), f"test_{name}")(**arguments)
    assert message in str(caught.value)


def test_every_test_of_the_contract_is_seen_to_fail():
    tests = {name for name in dir(MethodContract) if name.startswith("test_")}
    assert {f"test_{name}" for name, *_ in BROKEN} == tests


def test_a_method_for_some_problems_says_so_in_its_check():
    def check(outline, settings):
        if outline.problem == "regression":
            raise UserError("no numbers")

    class Choosy(MethodContract):
        method = as_method(Good, check=check)

    Choosy().test_other_problems_are_learned("several labels")
    with pytest.raises(pytest.skip.Exception, match="no numbers"):
        Choosy().test_other_problems_are_learned("sentiment")


class TestExemptions(MethodContract):
    method = as_method(HasAnUnusedPart)
    idle: ClassVar = {"unused.": "to see that it is named"}
    exempt: ClassVar = {"test_order_does_not_matter": "to see it skipped"}

    def test_order_does_not_matter(self):
        raise AssertionError("should have been skipped")


def test_an_exemption_of_nothing_is_an_error():
    with pytest.raises(TypeError, match="there is no test test_orders"):
        type("Wrong", (MethodContract,), {"exempt": {"test_orders": "misspelt"}})
