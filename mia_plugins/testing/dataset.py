"""The contract of a data set, as tests."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from ..data.adapter import Adapter
from ..data.clips import LoadedData, load_clips
from ..errors import UserError
from .tiny import tiny_cache

SPLITS = ("train", "dev", "test")
MODALITIES = ("video", "audio")
WIDTHS = {"video": 3, "audio": 4}


class DatasetContract:
    """The tests that every data set inherits: its files are written as it describes them, and read again.

    ::

        class TestMine(DatasetContract):
            adapter = ADAPTER

    Attributes:
        adapter: the data set.

    A data set whose keys need cells of a certain form overrides :meth:`cells`.
    """

    adapter: ClassVar[Adapter]

    @pytest.fixture(autouse=True)
    def _surroundings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A cache folder of the tests' own."""
        monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tiny_cache()))

    def cells(self, number: int, text: str, label: str) -> list[str]:
        """A row of a table.

        Args:
            number: the clip's; another for every row.
            text, label: of the clip.
        """
        row = [str(number)] * self.adapter.columns
        codes = {label: code for code, label in self.adapter.codes.items()}
        row[self.adapter.text_column], row[self.adapter.label_column] = text, codes.get(label, label)
        return row

    # what it declares

    def test_labels_are_told_apart(self):
        labels = (*self.adapter.labels, self.adapter.ood_label)
        assert len(self.adapter.labels) > 1
        assert len(set(labels)) == len(labels), "a label is there twice"
        assert all(label == " ".join(label.split()) != "" for label in labels), "stray spaces"

    def test_columns_are_in_the_table(self):
        places = (self.adapter.text_column, self.adapter.label_column)
        assert len(set(places)) == 2
        assert all(0 <= place < self.adapter.columns for place in places)

    def test_every_clip_has_a_key_of_its_own(self):
        keys = [self.adapter.key(self.cells(number, "a", self.adapter.labels[0])) for number in range(50)]
        assert all(isinstance(key, str) and key for key in keys)
        assert len(set(keys)) == len(keys)

    def test_lengths_are_given(self):
        lengths = self.adapter.max_lengths
        assert set(lengths) == {"text", *MODALITIES}
        assert all(isinstance(length, int) and length > 0 for length in lengths.values())

    def test_coarse_labels_are_for_all_labels_or_none(self):
        assert set(self.adapter.binary_map) in (set(), set(self.adapter.labels))
        assert len(self.adapter.binary_labels) != 1
        assert self.adapter.ood_label not in self.adapter.binary_labels

    # what is read

    def test_clips_are_read_in_order(self, tmp_path):
        for number, (inside, outside) in enumerate(self.places()):
            data_path = tmp_path / str(number) / "data"
            written = self.write(data_path, inside, self.adapter.labels)
            outer = self.write(data_path, outside, [self.adapter.ood_label] * 3, first=1000)
            data = self.load(data_path, train_ood=True, test_ood=True)
            assert data.labels == self.adapter.labels
            for split in SPLITS:
                self.check_split(data, split, written, range(len(self.adapter.labels)))
                self.check_split(data, f"ood_{split}", outer, [len(self.adapter.labels)] * 3)

    def test_both_scopes_in_one_table(self, tmp_path):
        if not self.adapter.total:
            pytest.skip("the data set has no folder with both scopes")
        labels = [self.adapter.labels[1], self.adapter.ood_label, self.adapter.labels[0]]
        for number, place in enumerate(self.adapter.total):
            data_path = tmp_path / str(number) / "data"
            self.write(data_path, place, labels)
            data = self.load(data_path, train_ood=True, test_ood=True)
            assert data.splits["train"].label_ids.tolist() == [1, 0]
            assert data.splits["ood_test"].label_ids.tolist() == [len(self.adapter.labels)]

    def test_coarse_labels_have_ids(self, tmp_path):
        if not self.adapter.binary_map:
            pytest.skip("the data set has no coarse labels")
        self.write(tmp_path, self.adapter.in_scope[0], self.adapter.labels)
        data = self.load(tmp_path, data_mode="binary-class")
        want = [self.adapter.binary_map[label] for label in self.adapter.labels]
        assert [data.labels[label_id] for label_id in data.splits["dev"].label_ids] == want

    def test_long_clips_are_cut(self, tmp_path):
        longest = {name: self.adapter.max_lengths[name] for name in MODALITIES}
        self.write(tmp_path, self.adapter.in_scope[0], self.adapter.labels[:2], frames=max(longest.values()) + 5)
        video, audio = self.load(tmp_path).splits["train"].frame_counts()
        assert set(video) == {longest["video"]}
        assert set(audio) == {longest["audio"]}

    def test_every_kind_of_features_can_be_chosen(self, tmp_path):
        for name, files in self.feature_files().items():
            for kind, names in files.items():
                for file in names:
                    folder = tmp_path / name / kind / file
                    self.write(folder, self.adapter.in_scope[0], self.adapter.labels[:2], files={name: file})
                    sources = self.load(folder, **{f"{name}_feats": kind}).sources
                    assert file in {source.name for source in sources}

    # what is wrong is named

    def test_an_unknown_label_is_named_by_file_and_row(self, tmp_path):
        self.write(
            tmp_path, self.adapter.in_scope[0], [self.adapter.labels[0], "no such label", self.adapter.labels[1]]
        )
        self.refused(tmp_path, "train.tsv, row 3", "no such label")

    def test_a_row_without_a_label_is_named_by_file_and_row(self, tmp_path):
        self.write(tmp_path, self.adapter.in_scope[0], self.adapter.labels[:3])
        table = tmp_path / self.adapter.in_scope[0] / self.adapter.tables / "train.tsv"
        lines = table.read_text(encoding="utf-8").splitlines()
        lines[2] = "cut off"
        table.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.refused(tmp_path, "train.tsv, row 3")

    def test_a_clip_without_features_is_named(self, tmp_path):
        _, features = self.write(tmp_path, self.adapter.in_scope[0], self.adapter.labels[:3])
        path = tmp_path / self.adapter.in_scope[0] / "video_data" / self.first_file("video")
        missing = self.adapter.key(self.cells(1, "clip 1", self.adapter.labels[1]))
        path.write_bytes(pickle.dumps({key: value for key, value in features["video"].items() if key != missing}))
        self.refused(tmp_path, str(path), missing, "train.tsv, row 3")

    def test_missing_files_are_named(self, tmp_path):
        self.refused(tmp_path, str(tmp_path))

    # how it is written

    def places(self) -> Iterator[tuple[str, str]]:
        """Every folder of the in-scope tables with every one of the out-of-scope tables."""
        for inside in self.adapter.in_scope:
            for outside in self.adapter.out_of_scope:
                yield inside, outside.format(ood_dataset=self.adapter.ood_dataset)

    def feature_files(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """The names of feature files by modality and kind."""
        return {"video": self.adapter.video_files, "audio": self.adapter.audio_files}

    def first_file(self, name: str) -> str:
        """The usual feature file of a modality."""
        return next(iter(self.feature_files()[name].values()))[0]

    def write(
        self,
        data_path: Path,
        place: str,
        labels: Sequence[str],
        *,
        first: int = 0,
        frames: int | None = None,
        files: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, list[list[str]]], dict[str, dict[str, np.ndarray]]]:
        """Writes a scope: in each split a clip a label.

        Args:
            data_path: the data path.
            place: the scope's folder, relative to it.
            labels: of the clips.
            first: number of the first clip.
            frames: of every clip; None: one more for each.
            files: names of feature files by modality; those left out get the usual ones.

        Returns:
            The rows by split, and the features by modality and key.
        """
        folder, rng = data_path / place, np.random.default_rng(first)
        rows: dict[str, list[list[str]]] = {}
        features: dict[str, dict[str, np.ndarray]] = {name: {} for name in MODALITIES}
        for start, split in enumerate(SPLITS):
            numbers = [first + start * len(labels) + i for i in range(len(labels))]
            rows[split] = [self.cells(number, f"clip {number}", label) for number, label in zip(numbers, labels)]
            for i, row in enumerate(rows[split]):
                for name, width in WIDTHS.items():
                    values = rng.normal(size=(frames or 1 + i % 5, width)).astype(np.float32)
                    features[name][self.adapter.key(row)] = values
            tables = folder / self.adapter.tables if place in self.adapter.in_scope else folder
            tables.mkdir(parents=True, exist_ok=True)
            header = [f"column {i}" for i in range(self.adapter.columns)]
            with open(tables / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter="\t", lineterminator="\n").writerows([header, *rows[split]])
        for name in MODALITIES:
            path = folder / f"{name}_data" / ((files or {}).get(name) or self.first_file(name))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(pickle.dumps(features[name], protocol=4))
        return rows, features

    def load(self, data_path: Path, **options: Any) -> LoadedData:
        """Reads the data set."""
        return load_clips(self.adapter, data_path, **options)

    def check_split(self, data: LoadedData, name: str, written: Any, label_ids: Sequence[int]) -> None:
        """A split holds the clips that were written, in their order, each with its text, label and frames."""
        (rows, features), clips = written, data.splits[name]
        wanted = rows[name.replace("ood_", "")]
        assert list(clips.keys) == [self.adapter.key(row) for row in wanted]
        assert list(clips.texts) == [row[self.adapter.text_column] for row in wanted]
        assert clips.label_ids.tolist() == list(label_ids)
        for modality, frames in (("video", clips.video), ("audio", clips.audio)):
            for key, values in zip(clips.keys, frames):
                np.testing.assert_array_equal(values, features[modality][key])

    def refused(self, data_path: Path, *words: str) -> None:
        """Reading ends in one line with these words and a remedy."""
        with pytest.raises(UserError) as caught:
            self.load(data_path)
        message = str(caught.value)
        assert len(message.splitlines()) == 1
        assert ";" in message, f"no remedy in: {message}"
        for word in words:
            assert word in message
