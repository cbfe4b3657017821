"""The plain A-MESS gives what ``methods/amess`` gives, and the command prints its table."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from small_model import AUDIO_DIM, VIDEO_DIM, make_batch, make_model
from tiny import ROOT

from benchmarks.data import FILES, WIDTHS, make_data, pristine
from benchmarks.plain import PlainAMESS
from benchmarks.table import Row

TEXT, VIDEO, AUDIO = 9, 12, 14  # the small model's maximum lengths


def plain_model(model):
    """The plain model with the same weights."""
    from transformers import BertModel

    bert = BertModel(model.encoder.config)
    plain = PlainAMESS(
        bert, (VIDEO_DIM, AUDIO_DIM), TEXT, model.classifier.out_features, model.descriptions.clone(), k=3
    )
    plain.load_state_dict(model.state_dict())
    return plain


def at_the_maximum(batch):
    """The same clips as the benchmark holds them: at the maximum length, frames in float64."""

    def padded(values, length):
        return torch.nn.functional.pad(values.double(), (0, 0, 0, length - values.shape[1]))

    text = torch.nn.functional.pad(batch["text_feats"], (0, TEXT - batch["text_feats"].shape[2]))
    return text, padded(batch["video_feats"], VIDEO), padded(batch["audio_feats"], AUDIO)


@pytest.fixture
def both():
    model = make_model(fusion_start="identity")
    torch.nn.init.uniform_(model.fusion.scale, 0.5, 1.5)
    return model, plain_model(model)


@pytest.mark.parametrize(
    ("tokens", "videos", "audios"),
    [([5, 2, 7], [4, 9, 1], [14, 3, 6]), ([1, 9], [12, 1], [1, 14]), ([3], [5], [7])],
)
def test_the_plain_model_gives_the_same(both, tokens, videos, audios):
    model, plain = (one.eval() for one in both)
    batch = make_batch(tokens, videos, audios)
    output = model(batch)
    logits, features, sentence = plain(*at_the_maximum(batch))
    for mine, theirs in ((output.logits, logits), (output.features, features), (output.sentence, sentence)):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_loss_and_gradient_are_the_same(both):
    model, plain = (one.eval() for one in both)
    batch, label_ids = make_batch([5, 2, 7, 4], [4, 9, 1, 3], [14, 3, 6, 2]), torch.tensor([1, 0, 1, 4])
    loss = sum(model.loss(model(batch), label_ids).values())
    logits, _, sentence = plain(*at_the_maximum(batch))
    same = plain.loss(logits, sentence, label_ids)
    torch.testing.assert_close(loss, same)
    loss.backward()
    same.backward()
    theirs = dict(plain.named_parameters())
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            torch.testing.assert_close(weight.grad, theirs[name].grad, rtol=1e-3, atol=1e-5, msg=name)


def test_the_data_are_of_the_shape_promised_and_pristine_again(tmp_path):
    folder = make_data(tmp_path / "data", 300, 8)
    scope = folder / "MIntRec2.0" / "in-scope"
    means = {}
    for kind, width in WIDTHS.items():
        table = pickle.loads((scope / FILES[kind]).read_bytes())
        assert len(table) == 316
        assert {frames.dtype for frames in table.values()} == {np.dtype(np.float32)}
        assert {frames.shape[1] for frames in table.values()} == {width}
        means[kind] = np.mean([len(frames) for frames in table.values()])
    assert 60 < means["video"] < 80
    assert 130 < means["audio"] < 170
    before = (scope / FILES["video"]).stat().st_mtime_ns
    (scope / "video_data" / "store").touch()
    pristine(folder)
    assert not (scope / "video_data" / "store").exists()
    assert (make_data(folder, 300, 8) / "MIntRec2.0/in-scope" / FILES["video"]).stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("values", "more", "met"), [((2.0, 9.0, 4.0), True, True), ((2.0,), False, True), ((), True, None)]
)
def test_a_goal_is_met_by_the_median(values, more, met):
    assert Row("a", "b", values, 4.0, more).met is met


def test_the_command_prints_a_table_and_goes_on_where_it_was(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "scoring", "--threads", "1"]
    command += ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "table.json")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "| scoring one utterance, warm | transformers' text classifier |" in done.stdout
    assert "was measured before" in done.stderr
    rows = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert all(row["median"] > 0 for row in rows)
