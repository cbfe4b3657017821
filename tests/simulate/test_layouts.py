"""Which clips go where: tables and feature files of every data set in every layout, and that they load."""

import json

import numpy as np
import pytest
from simulate.tables import features, read

from mia_plugins.data.clips import load_clips
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2

MADE2 = [f"MIntRec2.0/{scope}" for scope in ("in-scope", "out-of-scope/MIntRec2.0-OOD", "total")]
# data set, layout -> folders of tables, folders of features: in scope, out of scope, both; video and audio file
PLACES = {
    ("MIntRec", "mintrec"): (["MIntRec", "MIntRec-OOD"], None, "video_feats", "audio_feats"),
    ("MIntRec", "mmoir"): (["MIntRec", "MIntRec-OOD"], None, "video_feats", "audio_feats"),
    ("MIntRec", "mintood"): (["MIntRec", "MIntRec-OOD"], None, "swin_feats", "wavlm_feats"),
    ("MIntRec2.0", "mmoir"): (MADE2, None, "swin_roi", "wavlm_feats"),
    ("MIntRec2.0", "mintrec2"): (MADE2, None, "swin_roi_binary", "wavlm_feats_binary"),
} | {
    (name, layout): ([f"{name}/non_OOD", f"{name}-OOD"], [name, f"{name}-OOD"], "swin_feats", "wavlm_feats")
    for name in ("MELD-DA", "IEMOCAP-DA")
    for layout in ("mmoir", "mintood")
}
LABEL = {"MIntRec": 4, "MIntRec2.0": 3, "MELD-DA": 3, "IEMOCAP-DA": 2}
WIDTH = {"video_feats": 256, "swin_feats": 1024, "swin_roi": 256, "swin_roi_binary": 256}


def key(dataset, cells):
    return {"MIntRec": "{}_{}_{}", "MIntRec2.0": "dia{}_utt{}", "MELD-DA": "{}_{}", "IEMOCAP-DA": "{}"}[dataset].format(
        *cells
    )


@pytest.mark.parametrize(("dataset", "layout"), PLACES)
def test_every_file(annotate, simulate, dataset, layout):
    folder = annotate(dataset, test=1, ood=2)
    out = simulate("planted", folder, dataset, "--layout", layout, "--audio_frames", "8")
    tables, kept, video, audio = PLACES[dataset, layout]
    kept = kept or tables
    unknown = "oth" if "DA" in dataset else "UNK"
    wanted = {out / "simulated.json"}
    for place, (table, feature) in enumerate(zip(tables, kept)):
        keys = []
        for split in ("train", "dev", "test"):
            rows = [
                cells
                for cells in read(folder / f"{split}.tsv")
                if place == 2 or (cells[LABEL[dataset]] == unknown) == (place == 1)
            ]
            assert rows
            path = out / table / f"{split}.tsv"
            assert read(path) == rows
            assert (
                path.read_text(encoding="utf-8").splitlines()[0] == (folder / "train.tsv").read_text().splitlines()[0]
            )
            keys += [key(dataset, cells) for cells in rows]
            wanted.add(path)
        for modality, file, width in (("video", video, WIDTH[video]), ("audio", audio, 768)):
            path = out / feature / f"{modality}_data" / f"{file}.pkl"
            loaded = features(path)
            assert list(loaded) == keys
            for value in loaded.values():
                split_frames = file == "video_feats"
                assert isinstance(value, list if split_frames else np.ndarray)
                assert {frame.shape for frame in value} == {(1, width) if split_frames else (width,)}
            wanted.add(path)
    assert {path for path in out.rglob("*") if path.is_file()} == wanted
    both = [features(out / feature / "audio_data" / f"{audio}.pkl") for feature in kept]
    for clip, value in (both[0] | both[1]).items() if len(both) == 3 else ():
        np.testing.assert_array_equal(both[2][clip], value)


@pytest.mark.parametrize(
    ("adapter", "layout"),
    [(MINTREC, "mintrec"), (MINTREC, "mmoir"), (MINTREC, "mintood"), (MINTREC2, "mmoir"), (MINTREC2, "mintrec2")],
)
@pytest.mark.parametrize("scoped", [True, False])
def test_loads(annotate, simulate, adapter, layout, scoped):
    folder = annotate(adapter.name, test=1, ood=2 * scoped)
    out = simulate("planted", folder, adapter.name, "--layout", layout, "--video_width", "7", "--audio_width", "9")
    data = load_clips(adapter, out, train_ood=scoped, test_ood=scoped)
    assert (data.video_dim, data.audio_dim) == (7, 9)
    for split in ("train", "dev", "test"):
        rows = read(folder / f"{split}.tsv")
        parts = [data.splits[split], *([data.splits[f"ood_{split}"]] if scoped else [])]
        found = [(k, text, label) for part in parts for k, text, label in zip(part.keys, part.texts, part.label_ids)]
        labels = {**{label: i for i, label in enumerate(adapter.labels)}, "UNK": len(adapter.labels)}
        assert found == [
            (adapter.key(row), row[adapter.text_column], labels[row[adapter.label_column]]) for row in rows
        ]
        assert all(np.isfinite(frames).all() for part in parts for frames in part.video)


def test_test_split_is_cut_from_dev_or_train(annotate, simulate):
    folder = annotate("IEMOCAP-DA", train=2)
    train, dev = read(folder / "train.tsv"), read(folder / "dev.tsv")

    def splits(*options):
        out = simulate("planted", folder, "IEMOCAP-DA", "--video_width", 2, "--audio_width", 2, *options)
        return [read(out / "IEMOCAP-DA/non_OOD" / f"{split}.tsv") for split in ("train", "dev", "test")]

    assert splits() == [train, dev[::2], dev[1::2]]
    kept = [row for i, row in enumerate(train, 1) if i % 5]
    assert splits("--test_from", "train") == [kept, dev, train[4::5]]
    assert splits("--train_rows", 7, "--eval_rows", 3) == [train[:7], dev[::2][:3], dev[1::2][:3]]
    (folder / "test.tsv").write_bytes((folder / "dev.tsv").read_bytes().replace(b"Ses01", b"Ses09"))
    assert splits("--test_from", "train")[:2] == [train, dev]


def test_labels_become_out_of_scope(annotate, simulate):
    folder = annotate("MIntRec2.0", ood=2)
    sizes = ["--video_width", 2, "--audio_width", 2]
    out = simulate("planted", folder, "MIntRec2.0", *sizes, "--out_of_scope", "Ask for help", "Joke")
    for split in ("train", "dev", "test"):
        inside, outside, total = (read(out / place / f"{split}.tsv") for place in MADE2)
        assert {row[3] for row in inside} == set(MINTREC2.labels) - {"Ask for help", "Joke"}
        assert {row[3] for row in outside} == {"UNK"}
        assert len(outside) == 4 if split == "train" else 3  # two labels' and the table's own, of which dev has half
        assert sorted(inside + outside) == sorted(total)
    record = json.loads((out / "simulated.json").read_text())
    assert record["out_of_scope"] == ["Ask for help", "Joke"]
    assert record["kind"] == "planted"


def test_the_usual_layouts_and_what_the_command_says(annotate, simulate, capsys):
    for dataset, place in [("MIntRec", "MIntRec/train.tsv"), ("MIntRec2.0", "MIntRec2.0/in-scope/train.tsv")]:
        out = simulate("planted", annotate(dataset), dataset, "--video_width", 2, "--audio_width", 2)
        assert (out / place).is_file()
        assert capsys.readouterr().out.splitlines() == [
            *(f"{split}: {len(MINTREC.labels if dataset == 'MIntRec' else MINTREC2.labels)} clips in scope, "
              "0 out of scope" for split in ("train", "dev", "test")),
            f"written: {out}",
        ]  # fmt: skip
        assert not list(out.rglob("*OOD*"))
        assert not list(out.rglob("total"))
    simulate("planted", annotate("MIntRec2.0"), "MIntRec2.0", "--layout", "mintrec2", "--video_width", 2)
    assert "the benchmark's own scripts need out-of-scope clips" in capsys.readouterr().out
