"""Word embeddings of descriptions as video and audio."""

import numpy as np
import pytest
import torch
from simulate.tables import features, read
from transformers import AutoModel, AutoTokenizer

COLUMNS = {"video": [0, 2], "audio": [1]}  # actions and interaction; emotions


def slow_sequence(backbone, text, words, projection):
    """One clip's, not in a batch."""
    tokenizer, model = AutoTokenizer.from_pretrained(backbone), AutoModel.from_pretrained(backbone).eval()
    encoded = tokenizer(text, truncation=True, max_length=words, return_tensors="pt")
    with torch.inference_mode():
        return model(**encoded).last_hidden_state[0].numpy() @ projection


def slow_projections(dim=16):
    draws = np.random.default_rng(0)
    return {width: draws.normal(size=(dim, width)) / np.sqrt(dim) for width in (256, 768, 1024)}


@pytest.mark.parametrize(("dataset", "keys"), [("MIntRec2.0", 2), ("IEMOCAP-DA", 1)])
def test_sequences(annotate, simulate, backbone, dataset, keys):
    folder = annotate(dataset, train=3, ood=2)
    out = simulate("described", folder, dataset, "--encoder", backbone, "--audio_words", "9")
    place, video = {
        "MIntRec2.0": ("MIntRec2.0/total", "swin_roi"),
        "IEMOCAP-DA": ("IEMOCAP-DA", "swin_feats"),
    }[dataset]
    found = {
        "video": features(out / place / "video_data" / f"{video}.pkl"),
        "audio": features(out / place / "audio_data/wavlm_feats.pkl"),
    }
    projections = slow_projections()
    checked = 0
    rows = [row for split in ("train", "dev") for row in read(folder / f"{split}.descriptions.tsv")]
    for row in rows[::9]:
        clip, texts = ("dia{}_utt{}" if keys == 2 else "{}").format(*row), row[keys:]
        for modality, words in (("video", 120), ("audio", 9)):
            if clip in found[modality]:
                values = found[modality][clip]
                text = " ".join(texts[i] for i in COLUMNS[modality])
                wanted = slow_sequence(backbone, text, words, projections[values.shape[1]])
                assert len(values) <= words
                np.testing.assert_allclose(values, wanted, rtol=1e-4, atol=1e-5)
                checked += 1
    assert checked > 8


def test_options(annotate, simulate, backbone):
    """Files and columns by name, other widths, another seed."""
    folder = annotate("MELD-DA")
    for split in ("train", "dev"):
        (folder / f"{split}.descriptions.tsv").rename(folder / f"other_{split}.tsv")
    common = ["--encoder", backbone, "--descriptions", folder / "other_train.tsv", folder / "other_dev.tsv"]
    common += ["--video_width", 5, "--layout", "mintood"]
    usual, again, turned, swapped = (
        features(simulate("described", folder, "MELD-DA", *common, *more) / "MELD-DA/video_data/swin_feats.pkl")
        for more in ([], [], ["--seed", 1], ["--video_columns", "Emotions", "--audio_columns", "Inter"])
    )
    clip = next(iter(usual))
    assert usual[clip].shape[1] == 5
    np.testing.assert_array_equal(usual[clip], again[clip])
    assert usual[clip].shape == turned[clip].shape
    assert (usual[clip] != turned[clip]).all()
    assert len(usual[clip]) == 2 + 6  # go and look hello number 0
    assert len(swapped[clip]) == 2 + 4  # no joke, no


def test_errors(annotate, refused, backbone):
    folder = annotate("MIntRec2.0")
    path = folder / "dev.descriptions.tsv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    common = (folder, "MIntRec2.0", "--encoder", backbone)
    path.write_text("".join(lines[:2] + lines[3:]), encoding="utf-8")
    for words in ("dev.tsv, row 3", "dia6_utt1", "train.descriptions.tsv"):
        assert words in refused("described", *common)
    path.write_text("".join(line.replace("Emotions", "Feelings") for line in lines), encoding="utf-8")
    assert "dev.descriptions.tsv, row 1" in refused("described", *common)
    assert "no column's name holds 'Emotions'" in refused("described", *common)
    path.write_text("".join(lines), encoding="utf-8")
    assert "nowhere.tsv" in refused("described", *common, "--descriptions", folder / "nowhere.tsv")
    assert "no/encoder" in refused("described", folder, "MIntRec2.0", "--encoder", "no/encoder")
    for split in ("train", "dev"):
        (folder / f"{split}.descriptions.tsv").unlink()
    assert "has no description" in refused("described", *common)
