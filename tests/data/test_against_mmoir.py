"""The same clips as MMOIR's own data manager makes of the same files. Needs MIA_HOSTS, a folder with the checkouts."""

import csv
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoTokenizer

from mia_plugins.data.batches import ClipDataset, collate, tokenize
from mia_plugins.data.clips import Clips, load_clips
from mia_plugins.data_adapters.dialogue_acts import MELD_DA
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2

HOSTS = os.environ.get("MIA_HOSTS")
pytestmark = pytest.mark.skipif(HOSTS is None, reason="set MIA_HOSTS to a folder with the benchmarks' checkouts")

HOST_SCRIPT = """
import json, pickle, sys
from types import SimpleNamespace
import numpy as np
options, out = json.loads(sys.argv[1]), sys.argv[2]
from data.base import DataManager
args = SimpleNamespace(
    logger_name="x", clustering=False, dialogue_mode="single_turn", method="amess", aug=False,
    video_data_path="video_data", audio_data_path="audio_data", text_backbone="bert-base-uncased", **options)
splits = DataManager(args).data
result = {name: {key: [np.asarray(split[i][key]) for i in range(len(split))] for key in split[0]}
          for name, split in splits.items()}
with open(out, "wb") as file:
    pickle.dump((args.ood_label_id, result), file)
"""


@pytest.fixture(scope="module")
def words(shared, tmp_path_factory):
    """A BERT tokenizer's folder that knows letters only, so that many a text is longer than the maximum."""
    folder = tmp_path_factory.mktemp("tokenizer")
    letters = [chr(code) for code in range(33, 127)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    (folder / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    return folder


def raw_text(row, column):
    """A text as it stands in its file; ``row`` names it, such as ``DIR/train.tsv, row 12``."""
    path, _, number = row.rpartition(", row ")
    return Path(path).read_text(encoding="utf-8").split("\n")[int(number) - 1].split("\t")[column]


@pytest.mark.parametrize(
    ("adapter", "layout", "names", "ood"),
    [
        (MINTREC, "mintrec", ("resnet-50", "wav2vec2"), False),
        (MINTREC2, "mmoir", ("swin-roi", "wavlm"), True),
        (MELD_DA, "meld", ("swin-full", "wavlm"), True),
    ],
)
def test_same_clips(planted, words, tmp_path, adapter, layout, names, ood):
    data_path = planted(layout)
    data = load_clips(adapter, data_path, train_ood=ood, test_ood=ood, video_feats=names[0], audio_feats=names[1])
    options = {
        "dataset": adapter.name, "data_path": str(data_path), "train_ood": ood, "test_ood": ood,
        "ood_dataset": adapter.ood_dataset, "text_pretrained_model": str(words),
        "video_feats_path": adapter.video_files[names[0]][0], "audio_feats_path": adapter.audio_files[names[1]][0],
    }  # fmt: skip
    host = Path(HOSTS, "MMOIR")
    subprocess.run(
        [sys.executable, "-c", HOST_SCRIPT, json.dumps(options), str(tmp_path / "out.pkl")],
        env={**os.environ, "PYTHONPATH": str(host), "PYTHONDONTWRITEBYTECODE": "1"}, cwd=tmp_path, check=True,
    )  # fmt: skip
    ood_label_id, theirs = pickle.loads((tmp_path / "out.pkl").read_bytes())

    splits = dict(data.splits)
    if ood:  # MMOIR's test split is the in-scope and then the out-of-scope clips
        splits["test"] = Clips.concatenate([splits["test"], splits.pop("ood_test")])
    assert data.ood_label_id == ood_label_id
    assert set(splits) == set(theirs)
    tokenizer = AutoTokenizer.from_pretrained(str(words))
    for name, clips in splits.items():
        # MMOIR reads keys and labels with quotes as CSV has them, texts without: there a quoted text keeps its quotes
        texts = [raw_text(row, adapter.text_column) for row in clips.rows]
        assert [next(csv.reader([text], delimiter="\t"))[0] for text in texts] == list(clips.texts)
        dataset = ClipDataset(clips, tokenize(texts, tokenizer, adapter.max_lengths["text"]))
        ours = {key: value.numpy() for key, value in collate([dataset[i] for i in range(len(dataset))]).items()}
        assert ours.pop("index").tolist() == list(range(len(dataset)))  # these two are not the host's
        assert set(ours.pop("train_place").tolist()) == {-1}
        assert set(ours) == set(theirs[name])
        for key, value in ours.items():
            expected = np.stack(theirs[name][key])
            if key.endswith("feats"):  # theirs are padded to the maximum, ours to the longest in the batch
                axis = 2 if key == "text_feats" else 1
                expected, padding = np.split(expected, [value.shape[axis]], axis=axis)
                assert not padding.any()
            np.testing.assert_array_equal(value, expected, err_msg=f"{name} {key}")
