"""Several labels a clip, numbers, and drawn splits."""

import json
from collections import Counter

import numpy as np
import pytest

from mia_plugins.data.dataset import DataRequest
from mia_plugins.data.folder.dataset import Folder
from mia_plugins.data.folder.splits import SHARES, draw
from mia_plugins.errors import UserError


def write(folder, cells, suffix=".jsonl", **more):
    """One clip a cell in each split, and the last of them in another order in test."""
    for split in ("train", "dev", "test"):
        rows = [{"id": f"{split}{i}", "text": f"clip {i}", "label": cell, **more} for i, cell in enumerate(cells)]
        (folder / f"{split}{suffix}").write_text("\n".join(map(json.dumps, rows)) + "\n")


def read(folder, config="", **options):
    (folder / "dataset.toml").write_text(f'name = "some"\n{config}')
    return Folder(folder).read(DataRequest(str(folder), **options))


@pytest.mark.parametrize(
    "cells", [["a|b", "b", "", "c | a"], [["a", "b"], ["b"], [], ["c", "a"]], ["a;b", "b", "", "c;a"]]
)
def test_several_labels_a_clip(tmp_path, cells):
    write(tmp_path, cells)
    data = read(tmp_path)
    assert (data.problem, data.labels) == ("multi-label", ("a", "b", "c"))
    want = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1]], np.float32)
    assert data.splits["test"].label_ids.dtype == np.float32
    np.testing.assert_array_equal(data.splits["test"].label_ids, want)


def test_labels_in_columns_of_their_own(tmp_path):
    (tmp_path / "all.tsv").write_text(
        "id\ttext\thappy\tsad\tsplit\n"
        + "".join(f"c{i}\thello\t{i % 2}\t{int(i > 3)}\t{('train', 'valid', 'test')[i % 3]}\n" for i in range(9))
    )
    data = read(tmp_path, '[columns]\nlabel = ["happy", "sad"]\n')
    assert (data.problem, data.labels) == ("multi-label", ("happy", "sad"))
    assert data.splits["train"].label_ids.tolist() == [[0, 0], [1, 0], [0, 1]]
    text = (tmp_path / "all.tsv").read_text()
    (tmp_path / "all.tsv").write_text(text.replace("c4\thello\t0", "c4\thello\t2"))
    with pytest.raises(UserError, match="all.tsv, row 6: happy is '2'; it should be 0 or 1"):
        read(tmp_path, '[columns]\nlabel = ["happy", "sad"]\n')


def test_a_separator_of_ones_own(tmp_path):
    write(tmp_path, ["a/b", "b", "c;d"])
    data = read(tmp_path, 'separator = "/"\n')
    assert data.labels == ("a", "b", "c;d")
    assert read(tmp_path, 'problem = "multi-class"\n').labels == ("a/b", "b", "c;d")


@pytest.mark.parametrize("cells", [[-1.5, 0, 2.25], ["-1.5", "0", "2.25"]])
def test_numbers(tmp_path, caplog, cells):
    write(tmp_path, cells)
    caplog.set_level("INFO", "mia_plugins")
    data = read(tmp_path)
    assert (data.problem, data.labels, data.descriptions) == ("regression", ("label",), None)
    assert data.splits["dev"].label_ids.dtype == np.float32
    assert data.splits["dev"].label_ids.tolist() == [-1.5, 0, 2.25]
    assert "holds numbers, so a number is predicted; say otherwise with problem in dataset.toml" in caplog.text


def test_few_whole_numbers_are_classes_unless_told(tmp_path):
    write(tmp_path, [10, 9.0, 10, 1])
    data = read(tmp_path)
    assert (data.problem, data.labels) == ("multi-class", ("1", "9", "10"))
    assert data.splits["test"].label_ids.tolist() == [2, 1, 2, 0]
    data = read(tmp_path, 'problem = "regression"\nlabels = ["grade"]\n')
    assert (data.problem, data.labels) == ("regression", ("grade",))
    assert data.splits["test"].label_ids.tolist() == [10, 9, 10, 1]


def test_what_is_no_number(tmp_path):
    write(tmp_path, [0.5, "high"])
    with pytest.raises(UserError, match="train.jsonl, row 2: 'high' is no number"):
        read(tmp_path, 'problem = "regression"\n')


def test_only_dev_is_drawn_where_only_dev_is_missing(tmp_path):
    write(tmp_path, ["a", "b"] * 16)
    (tmp_path / "dev.jsonl").unlink()
    splits = read(tmp_path).splits
    assert {name: len(part) for name, part in splits.items()} == {"train": 28, "dev": 4, "test": 32}
    assert Counter(splits["dev"].label_ids.tolist()) == {0: 2, 1: 2}
    assert not set(splits["dev"].keys) & set(splits["train"].keys)


@pytest.mark.parametrize("seed", range(3))
def test_a_drawn_split_keeps_shares_and_groups(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(60, size=1000).tolist()
    strata = [[label] for label in rng.choice(["a", "b", "c"], p=[0.7, 0.2, 0.1], size=1000)]
    parts = draw(SHARES, strata, groups, seed)
    for group in set(groups):
        assert len({part for part, of in zip(parts, groups) if of == group}) == 1
    for label in "abc":
        counts = Counter(part for part, stratum in zip(parts, strata) if stratum == [label])
        for split, share in SHARES.items():
            assert counts[split] / sum(counts.values()) == pytest.approx(share, abs=0.06)
    order = rng.permutation(1000)
    shuffled = draw(SHARES, [strata[i] for i in order], [groups[i] for i in order], seed)
    assert shuffled == [parts[i] for i in order]


def test_too_few_groups_to_draw_from(tmp_path):
    rows = "".join(f"c{i},hi,{'ab'[i % 2]},{('x', 'y')[i > 5]}\n" for i in range(12))
    (tmp_path / "all.csv").write_text(f"id,text,label,speaker\n{rows}")
    with pytest.raises(
        UserError, match="2 speakers are too few to draw .* from; give a column split, or another group"
    ):
        read(tmp_path)


def test_dialogues_turns_and_speakers(tmp_path):
    write(tmp_path, ["a", "b"], Dialogue_ID=3, Utterance_ID=5, Speaker="Ann")
    clips = read(tmp_path).splits["train"]
    assert (clips.dialogues, clips.turns, clips.speakers) == (["3", "3"], [5, 5], ["Ann", "Ann"])


def test_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for split in ("train", "dev", "test"):
        table = pa.table({"id": [1.0, 2.0], "text": ["hi", "bye"], "label": [["a"], ["a", "b"]]})
        parquet.write_table(table, tmp_path / f"{split}.parquet")
    data = read(tmp_path)
    assert list(data.splits["dev"].keys) == ["1", "2"]
    assert data.splits["dev"].label_ids.tolist() == [[1, 0], [1, 1]]


def test_parquet_without_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "train.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match=r"reading Parquet needs pyarrow; pip install 'mia-plugins\[parquet\]'"):
        read(tmp_path)
