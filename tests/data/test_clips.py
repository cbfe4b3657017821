import pickle
import shutil

import numpy as np
import pytest

from mia_plugins.data.clips import Clips, load_clips
from mia_plugins.data.store import frames as frames_module
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2

HEADER = ["season", "episode", "clip", "text", "label"]
HEADER2 = ["Dialogue_id", "Utterance_id", "Text", "Label"]
LABELS = ["Complain", "Care", "Ask for help", "Comfort"]
IDS = [0, 11, 19, 10]


def rows(split, labels=LABELS):
    return [["S05", "E15", f"{split}{i}", f"{split} text {i}", label] for i, label in enumerate(labels)]


@pytest.fixture
def mintrec(tmp_path, write_scope):
    """A small MIntRec with an out-of-scope set that has a test split only."""
    splits = {split: rows(split) for split in ("train", "dev", "test")}
    write_scope(tmp_path / "MIntRec", splits, HEADER, MINTREC.key)
    write_scope(tmp_path / "MIntRec-OOD", {"test": rows("ood", ["UNK"] * 3)}, HEADER, MINTREC.key)
    return tmp_path


@pytest.fixture
def mintrec2(tmp_path, write_scope):
    """A small MIntRec2.0 with all three scopes, each with its own features."""
    inside = {s: [[d, u, f"{s} {u}", label] for u, label in enumerate(["Warn", "Acknowledge"])]
              for d, s in enumerate(("train", "dev", "test"))}  # fmt: skip
    outside = {s: [[d, 9, f"{s} outside", "UNK"]] for d, s in enumerate(("train", "dev", "test"))}
    folder, names = tmp_path / "MIntRec2.0", ("swin_roi.pkl", "wavlm_feats.pkl")
    write_scope(folder / "in-scope", inside, HEADER2, MINTREC2.key, *names)
    write_scope(folder / "out-of-scope" / "MIntRec2.0-OOD", outside, HEADER2, MINTREC2.key, *names)
    both = {split: [*inside[split], *outside[split]] for split in inside}
    write_scope(folder / "total", both, HEADER2, MINTREC2.key, *names)
    return tmp_path


def edit(path, old, new):
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def test_splits_of_mintrec(mintrec):
    data = load_clips(MINTREC, mintrec)
    assert list(data.splits) == ["train", "dev", "test"]
    assert (data.labels, data.ood_label_id) == (MINTREC.labels, 20)
    assert (data.video_dim, data.audio_dim) == (4, 6)
    train = data.splits["train"]
    assert train.keys == ["S05_E15_train0", "S05_E15_train1", "S05_E15_train2", "S05_E15_train3"]
    assert train.texts[1] == "train text 1"
    assert train.label_ids.dtype == np.int64
    assert train.label_ids.tolist() == IDS
    names = [path.relative_to(mintrec / "MIntRec").as_posix() for path in data.sources]
    assert names == ["train.tsv", "dev.tsv", "test.tsv", "video_data/video_feats.pkl", "audio_data/audio_feats.pkl"]


def test_frames_belong_to_their_clip(mintrec):
    saved = pickle.loads((mintrec / "MIntRec/audio_data/audio_feats.pkl").read_bytes())
    for clips in load_clips(MINTREC, mintrec).splits.values():
        for key, audio in zip(clips.keys, clips.audio):
            np.testing.assert_array_equal(audio, saved[key])


def test_the_data_sets_own_folder_as_data_path(mintrec):
    data = load_clips(MINTREC, mintrec / "MIntRec", test_ood=True)
    assert len(data.splits["train"]) == 4
    assert len(data.splits["ood_test"]) == 3


def test_out_of_scope_with_a_test_split_only(mintrec, user_error):
    data = load_clips(MINTREC, mintrec, test_ood=True)
    assert list(data.splits) == ["train", "dev", "test", "ood_test"]
    assert data.splits["ood_test"].label_ids.tolist() == [20] * 3
    with user_error(mintrec / "MIntRec-OOD" / "train.tsv", "cannot be read"):
        load_clips(MINTREC, mintrec, train_ood=True)
    with user_error("TED-OOD", "--ood_dataset"):
        load_clips(MINTREC, mintrec, test_ood=True, ood_dataset="TED-OOD")


def test_binary_labels(mintrec, user_error):
    data = load_clips(MINTREC, mintrec, data_mode="binary-class", test_ood=True)
    assert (data.labels, data.ood_label_id) == (("Emotion", "Goal"), 2)
    assert data.splits["train"].label_ids.tolist() == [0, 0, 1, 1]
    assert data.splits["ood_test"].label_ids.tolist() == [2] * 3
    with user_error("binary-class", "MIntRec2.0", "multi-class"):
        load_clips(MINTREC2, mintrec, data_mode="binary-class")
    with user_error("'ternary'", "multi-class"):
        load_clips(MINTREC, mintrec, data_mode="ternary")


@pytest.mark.parametrize("inside", [True, False])
def test_mintrec2_from_the_folder_or_the_one_above(mintrec2, inside):
    data = load_clips(MINTREC2, mintrec2 / "MIntRec2.0" if inside else mintrec2, train_ood=True, test_ood=True)
    assert list(data.splits) == ["train", "dev", "test", "ood_train", "ood_dev", "ood_test"]
    assert data.splits["dev"].keys == ["dia1_utt0", "dia1_utt1"]
    assert data.splits["dev"].label_ids.tolist() == [29, 0]
    assert data.splits["ood_dev"].keys == ["dia1_utt9"]
    assert data.splits["ood_dev"].label_ids.tolist() == [data.ood_label_id] == [30]
    assert len(data.sources) == 10


def test_total_stands_in_for_missing_scopes(mintrec2):
    wanted = load_clips(MINTREC2, mintrec2, train_ood=True, test_ood=True)
    for missing in ("out-of-scope", "in-scope"):
        shutil.rmtree(mintrec2 / "MIntRec2.0" / missing)
        data = load_clips(MINTREC2, mintrec2, train_ood=True, test_ood=True)
        for name, clips in wanted.splits.items():
            assert data.splits[name].keys == clips.keys
            assert data.splits[name].texts == clips.texts
            assert data.splits[name].label_ids.tolist() == clips.label_ids.tolist()
    assert len(data.sources) == 5  # every file of total is read once


def test_total_without_out_of_scope_clips(mintrec2, user_error):
    shutil.rmtree(mintrec2 / "MIntRec2.0" / "out-of-scope")
    path = mintrec2 / "MIntRec2.0" / "total" / "dev.tsv"
    edit(path, "1\t9\tdev outside\tUNK\n", "")
    with user_error(path, "no row is labelled UNK"):
        load_clips(MINTREC2, mintrec2, train_ood=True)
    edit(path, "\tWarn", "\tWarm")
    with user_error(path, "row 2", "'Warm'", "'Warn'"):
        load_clips(MINTREC2, mintrec2, train_ood=True)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\tCare", "\tCaer", ["row 3", "unknown label 'Caer'", "did you mean 'Care'?"]),
        ("\tCare", "\tcare", ["row 3", "did you mean 'Care'?"]),
        ("\tCare", "\t", ["row 3", "unknown label ''", "Complain, Praise"]),
        ("\tCare", "\tqqq", ["row 3", "MIntRec has: Complain, Praise"]),
        ("\tCare", "\tUNK", ["row 3", "UNK in an in-scope table", "MIntRec-OOD", "--test_ood"]),
        ("\tCare", "", ["row 3", "4 columns"]),
        ("train1\t", "train99\t", ["S05_E15_train99", "row 3", "no features", "video_feats.pkl"]),
    ],
)
def test_errors_name_file_and_row(mintrec, user_error, old, new, words):
    path = mintrec / "MIntRec" / "train.tsv"
    edit(path, old, new)
    with user_error(path, *words):
        load_clips(MINTREC, mintrec)


def test_an_in_scope_label_in_an_out_of_scope_table(mintrec, user_error):
    path = mintrec / "MIntRec-OOD" / "test.tsv"
    edit(path, "UNK", "Praise")
    load_clips(MINTREC, mintrec)
    with user_error(path, "row 2", "'Praise'", "UNK"):
        load_clips(MINTREC, mintrec, test_ood=True)
    edit(path, "Praise", "UNKNOWN")
    with user_error(path, "row 2", "did you mean 'UNK'?"):
        load_clips(MINTREC, mintrec, test_ood=True)


def test_another_width_in_the_other_scope(mintrec, user_error, write_scope):
    write_scope(mintrec / "MIntRec-OOD", {"test": rows("ood", ["UNK"])}, HEADER, MINTREC.key, widths=(4, 7))
    with user_error("S05_E15_ood0", "row 2", "audio_feats.pkl", "7 features", "6"):
        load_clips(MINTREC, mintrec, test_ood=True)


def test_features_by_name_by_file_and_missing(mintrec, user_error):
    folder = mintrec / "MIntRec" / "video_data"
    shutil.copy(folder / "video_feats.pkl", folder / "swin_roi.pkl")
    shutil.copy(folder / "video_feats.pkl", folder / "mine.pkl")
    assert folder / "video_feats.pkl" in load_clips(MINTREC, mintrec).sources
    assert folder / "swin_roi.pkl" in load_clips(MINTREC, mintrec, video_feats="swin-roi").sources
    assert folder / "mine.pkl" in load_clips(MINTREC, mintrec, video_feats="mine.pkl").sources
    with user_error(mintrec / "MIntRec" / "audio_data", "wavlm_feats.pkl"):
        load_clips(MINTREC, mintrec, audio_feats="wavlm")
    with user_error("'../video_data/mine.pkl'"):
        load_clips(MINTREC, mintrec, audio_feats="../video_data/mine.pkl")
    folder.rename(mintrec / "MIntRec" / "elsewhere")
    assert load_clips(MINTREC, mintrec, video_data_path="elsewhere").video_dim == 4
    with user_error(folder, "video_feats.pkl"):
        load_clips(MINTREC, mintrec)


def test_missing_data(tmp_path, mintrec, user_error):
    with user_error("no such folder", tmp_path / "none" / "MIntRec"):
        load_clips(MINTREC, tmp_path / "none")
    (mintrec / "MIntRec" / "dev.tsv").unlink()
    with user_error(mintrec / "MIntRec" / "dev.tsv", "cannot be read"):
        load_clips(MINTREC, mintrec)


def append(path, line):
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")


def test_a_table_without_its_header(mintrec, user_error):
    for folder, name in (("MIntRec", "dev"), ("MIntRec-OOD", "test")):
        path = mintrec / folder / f"{name}.tsv"
        content = path.read_text(encoding="utf-8")
        edit(path, "\t".join(HEADER) + "\n", "")
        with user_error(path, "row 1", "header"):
            load_clips(MINTREC, mintrec, test_ood=True)
        path.write_text(content, encoding="utf-8")


def test_a_clip_that_is_twice_in_a_table(mintrec, user_error):
    path = mintrec / "MIntRec" / "train.tsv"
    content = path.read_text(encoding="utf-8")
    append(path, "S05\tE15\ttrain1\tagain\tCare\n")
    with user_error(path, "rows 3 and 6: both are clip S05_E15_train1; remove one"):
        load_clips(MINTREC, mintrec)
    path.write_text(content, encoding="utf-8")
    append(path, "S05\tE15\ttrain1\tagain\tComfort\n")
    with user_error(path, "rows 3 and 6: both are clip S05_E15_train1, once as Care and once as Comfort; remove one"):
        load_clips(MINTREC, mintrec)


def test_a_clip_of_both_scopes_in_a_table_of_both(mintrec2, user_error):
    shutil.rmtree(mintrec2 / "MIntRec2.0" / "in-scope")
    path = mintrec2 / "MIntRec2.0" / "total" / "train.tsv"
    append(path, "0\t1\ttrain 1\tUNK\n")
    with user_error(path, "rows 3 and 5", "dia0_utt1, once as Acknowledge and once as UNK"):
        load_clips(MINTREC2, mintrec2)


def test_a_clip_in_two_splits_is_warned_of(mintrec, caplog):
    folder = mintrec / "MIntRec"
    assert load_clips(MINTREC, mintrec, test_ood=True).warnings == ()
    assert warnings_of(caplog) == []
    append(folder / "test.tsv", "S05\tE15\ttrain2\tanother text\tCare\n")
    append(folder / "test.tsv", "S05\tE15\ttrain0\ttrain text 0\tCare\n")
    append(folder / "dev.tsv", "S05\tE15\ttrain3\ttrain text 3\tCare\n")
    data = load_clips(MINTREC, mintrec)
    assert data.warnings == (
        f"1 clip is both in train and in dev, such as {folder / 'train.tsv'}, row 5 and {folder / 'dev.tsv'}, row 6; "
        "scores on them are not scores on new clips, so take them out of one",
        f"2 clips are both in train and in test, such as {folder / 'train.tsv'}, row 4 and {folder / 'test.tsv'}, row 6; "
        "scores on them are not scores on new clips, so take them out of one",
    )
    assert warnings_of(caplog) == list(data.warnings)
    assert len(data.splits["test"]) == 6


def warnings_of(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_a_key_of_two_scopes_is_a_leak_if_the_text_is_the_same(mintrec):
    """Data sets number their clips alike: dia0_utt0 of one is not dia0_utt0 of another."""
    folder = mintrec / "MIntRec-OOD"
    append(folder / "test.tsv", "S05\tE15\ttrain1\tsomething else\tUNK\n")
    features = {
        kind: pickle.loads((folder / f"{kind}_data/{kind}_feats.pkl").read_bytes()) for kind in ("video", "audio")
    }
    for kind, width in (("video", 4), ("audio", 6)):
        features[kind]["S05_E15_train1"] = np.ones((1, width), np.float32)
        (folder / f"{kind}_data/{kind}_feats.pkl").write_bytes(pickle.dumps(features[kind]))
    assert load_clips(MINTREC, mintrec, test_ood=True).warnings == ()
    edit(folder / "test.tsv", "something else", "train text 1")
    (warning,) = load_clips(MINTREC, mintrec, test_ood=True).warnings
    assert "both in train and in ood_test" in warning


def test_an_overflowing_frame_is_named_with_file_and_row(mintrec, user_error):
    path = mintrec / "MIntRec" / "audio_data" / "audio_feats.pkl"
    table = pickle.loads(path.read_bytes())
    table["S05_E15_dev2"][0, 3] = 1e30
    path.write_bytes(pickle.dumps(table))
    with user_error("clip S05_E15_dev2", mintrec / "MIntRec" / "dev.tsv", "row 4", path, "beyond 1e+15 in frame 0"):
        load_clips(MINTREC, mintrec)


def test_concatenate_keeps_order_and_frames(mintrec):
    splits = load_clips(MINTREC, mintrec, test_ood=True).splits
    joined = Clips.concatenate([splits["test"], splits["ood_test"]])
    assert joined.keys == splits["test"].keys + splits["ood_test"].keys
    assert joined.label_ids.tolist() == [*IDS, 20, 20, 20]
    assert joined.label_ids.dtype == np.int64
    np.testing.assert_array_equal(joined.video[4], splits["ood_test"].video[0])
    assert len(joined) == 7


def test_no_frame_is_read_before_it_is_asked_for(mintrec, monkeypatch):
    saved = pickle.loads((mintrec / "MIntRec/video_data/video_feats.pkl").read_bytes())

    def fail(*_):
        raise AssertionError("was read")

    with monkeypatch.context() as patch:
        patch.setattr(frames_module, "read_frames", fail)
        data = load_clips(MINTREC, mintrec, test_ood=True)
        assert (data.video_dim, data.audio_dim) == (4, 6)
        joined = Clips.concatenate([data.splits["test"], data.splits["ood_test"]])
        video, audio = joined.frame_counts()
    assert video.tolist() == [len(frames) for frames in joined.video]
    assert audio.tolist() == [len(frames) for frames in joined.audio]
    assert video.tolist()[:4] == [len(saved[key]) for key in joined.keys[:4]]
    in_memory = Clips(joined.keys, joined.texts, joined.label_ids, list(joined.video), list(joined.audio))
    assert [counts.tolist() for counts in in_memory.frame_counts()] == [video.tolist(), audio.tolist()]


def test_clips_of_different_lengths_are_refused(mintrec):
    clips = load_clips(MINTREC, mintrec).splits["train"]
    with pytest.raises(ValueError, match="different lengths"):
        Clips(clips.keys, clips.texts[:1], clips.label_ids, clips.video, clips.audio)


def test_features_in_folders(mintrec):
    """A folder of shards and a folder of clips in the place of the pickles: the same clips."""
    expected = load_clips(MINTREC, mintrec)
    folder = mintrec / "MIntRec"
    table = pickle.loads((folder / "video_data" / "video_feats.pkl").read_bytes())
    (folder / "video_data" / "video_feats").mkdir()
    for split in ("train", "dev", "test"):
        shard = {key: frames for key, frames in table.items() if split in key}
        np.savez(folder / "video_data" / "video_feats" / f"{split}.npz", **shard)
    (folder / "audio_data" / "audio_feats").mkdir()
    for key, frames in pickle.loads((folder / "audio_data" / "audio_feats.pkl").read_bytes()).items():
        np.save(folder / "audio_data" / "audio_feats" / f"{key}.npy", frames)
    for kind in ("video", "audio"):
        (folder / f"{kind}_data" / f"{kind}_feats.pkl").unlink()
    data = load_clips(MINTREC, mintrec)
    assert [path.name for path in data.sources[-2:]] == ["video_feats", "audio_feats"]
    for name, clips in expected.splits.items():
        for kind in ("video", "audio"):
            for frames, same in zip(getattr(data.splits[name], kind), getattr(clips, kind)):
                np.testing.assert_array_equal(frames, same, strict=True)
