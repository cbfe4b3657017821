"""Each test of the contract of data sets fails for one that breaks just that."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from mia_plugins.data.clips import Clips, load_clips
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2
from mia_plugins.errors import UserError
from mia_plugins.testing import DatasetContract

LABELS = MINTREC2.labels
DECLARED = (
    ("labels_are_told_apart", {"labels": (*LABELS, LABELS[0])}),
    ("labels_are_told_apart", {"labels": (*LABELS, "UNK")}),
    ("labels_are_told_apart", {"labels": (*LABELS, "Joke ")}),
    ("columns_are_in_the_table", {"label_column": 4}),
    ("columns_are_in_the_table", {"label_column": 2}),
    ("every_clip_has_a_key_of_its_own", {"key": lambda cells: "clip"}),
    ("every_clip_has_a_key_of_its_own", {"key": lambda cells: int(cells[0])}),
    ("lengths_are_given", {"max_lengths": {"text": 5, "video": 5}}),
    ("lengths_are_given", {"max_lengths": {"text": 5, "video": 5, "audio": 0}}),
    ("coarse_labels_are_for_all_labels_or_none", {"binary_map": {LABELS[0]: "Emotion"}}),
    ("coarse_labels_are_for_all_labels_or_none", {"binary_map": dict.fromkeys(LABELS, "Emotion")}),
)


@pytest.mark.parametrize(("name", "change"), DECLARED)
def test_a_wrong_declaration_fails(name, change):
    class Broken(DatasetContract):
        adapter = replace(MINTREC2, **change)

    with pytest.raises(AssertionError):
        getattr(Broken(), f"test_{name}")()


class Backwards(DatasetContract):
    """Reads the clips from the last to the first."""

    adapter = MINTREC

    def load(self, data_path, **options):
        data = super().load(data_path, **options)
        return replace(data, splits={name: part(clips, slice(None, None, -1)) for name, clips in data.splits.items()})


def part(clips, places):
    kept = np.arange(len(clips))[places]
    columns = (clips.keys, clips.texts, clips.video, clips.audio)
    keys, texts, video, audio = ([column[i] for i in kept] for column in columns)
    return Clips(keys, texts, clips.label_ids[kept], video, audio)


class SwapsFrames(Backwards):
    def load(self, data_path, **options):
        data = DatasetContract.load(self, data_path, **options)
        splits = {name: replace(clips, video=clips.video[::-1]) for name, clips in data.splits.items()}
        return replace(data, splits=splits)


class Forgiving(DatasetContract):
    """Leaves out what is wrong."""

    adapter = MINTREC

    def load(self, data_path, **options):
        try:
            return super().load(data_path, **options)
        except UserError as error:
            raise UserError("something is wrong; look for it") from error


class NeverCuts(DatasetContract):
    adapter = replace(MINTREC, max_lengths={"text": 30, "video": 10, "audio": 20})

    def load(self, data_path, **options):
        return load_clips(replace(self.adapter, max_lengths=dict.fromkeys(("text", "video", "audio"), 99)), data_path)


class BackwardsInOneTable(Backwards):
    adapter = MINTREC2


class TakesWhateverIsThere(DatasetContract):
    adapter = MINTREC

    def load(self, data_path, **options):
        folder = data_path / "MIntRec" / "video_data"
        (folder / "video_feats.pkl").write_bytes(pickle.dumps(pickle.loads(next(folder.iterdir()).read_bytes())))
        return super().load(data_path)


READ = (
    ("clips_are_read_in_order", Backwards),
    ("clips_are_read_in_order", SwapsFrames),
    ("both_scopes_in_one_table", BackwardsInOneTable),
    ("coarse_labels_have_ids", Backwards),
    ("long_clips_are_cut", NeverCuts),
    ("every_kind_of_features_can_be_chosen", TakesWhateverIsThere),
    ("an_unknown_label_is_named_by_file_and_row", Forgiving),
    ("a_row_without_a_label_is_named_by_file_and_row", Forgiving),
    ("a_clip_without_features_is_named", Forgiving),
    ("missing_files_are_named", Forgiving),
)


@pytest.mark.parametrize(("name", "broken"), READ)
def test_wrong_reading_fails(name, broken, tmp_path):
    with pytest.raises(AssertionError):
        getattr(broken(), f"test_{name}")(tmp_path)


def test_every_test_of_the_contract_is_seen_to_fail():
    tests = {name for name in dir(DatasetContract) if name.startswith("test_")}
    assert {f"test_{name}" for name, *_ in (*DECLARED, *READ)} == tests
