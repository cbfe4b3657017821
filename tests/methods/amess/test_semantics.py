"""Embeddings of the descriptions: the encoder's own, cached by everything they depend on, drawing no random number."""

import json
import os
import shutil
import sys

import numpy as np
import pytest
import torch

from mia_plugins.methods.amess.semantics import embed_descriptions, encode_descriptions

SENTENCES = [["thanks a joke", "sorry"], ["no yes we go", "please stop the joke"]]


@pytest.fixture
def encoder(backbone, tmp_path, monkeypatch):
    """A sentence encoder with its pooling in a subfolder, and a cache of its own."""
    from sentence_transformers import SentenceTransformer

    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    SentenceTransformer(str(backbone), device="cpu").save(str(tmp_path / "encoder"))
    return tmp_path / "encoder"


@pytest.fixture
def encoded(monkeypatch):
    """How often the encoder was really asked."""
    calls = []
    module = sys.modules[encode_descriptions.__module__]  # the package has a picture of the same name
    monkeypatch.setattr(
        module, "encode_descriptions", lambda *given: calls.append(given) or encode_descriptions(*given)
    )
    return calls


def test_each_sentence_is_the_mean_of_its_tokens(encoder, backbone):
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(backbone).eval(), AutoTokenizer.from_pretrained(backbone)
    vectors = embed_descriptions(SENTENCES, str(encoder))
    assert vectors.shape == (2, 2, 16)
    for label, sentences in enumerate(SENTENCES):
        for i, sentence in enumerate(sentences):
            with torch.inference_mode():
                want = model(**tokenizer(sentence, return_tensors="pt")).last_hidden_state[0].mean(dim=0)
            assert torch.allclose(vectors[label, i], want, atol=1e-5)


def test_once_and_again_only_for_other_sentences_or_another_encoder(encoder, encoded, tmp_path):
    first = embed_descriptions(SENTENCES, str(encoder))
    assert torch.equal(embed_descriptions(SENTENCES, str(encoder)), first)
    assert len(encoded) == 1
    assert not torch.equal(embed_descriptions(SENTENCES[::-1], str(encoder)), first)
    shutil.copytree(encoder, tmp_path / "other")
    embed_descriptions(SENTENCES, str(tmp_path / "other"))
    assert len(encoded) == 3


def test_another_pooling_is_another_encoder(encoder, encoded):
    first = embed_descriptions(SENTENCES, str(encoder))
    (config,) = encoder.glob("*Pooling/config.json")
    values = json.loads(config.read_text())
    if "pooling_mode" in values:  # of newer versions
        values["pooling_mode"] = "cls"
    else:
        values.update(pooling_mode_mean_tokens=False, pooling_mode_cls_token=True)
    config.write_text(json.dumps(values))
    assert not torch.allclose(embed_descriptions(SENTENCES, str(encoder)), first, atol=1e-4)
    assert len(encoded) == 2


def write_array(path, values):
    with open(path, "wb") as file:
        np.save(file, values, allow_pickle=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-7]),
        lambda path: path.write_bytes(b""),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
        lambda path: write_array(path, np.zeros((2, 2), np.float32)),
        lambda path: write_array(path, np.load(path).astype(np.float64)),
        lambda path: write_array(path, np.array([["text"]])),
        lambda path: write_array(path, np.array([[print]], object)),
    ],
    ids=["cut", "empty", "fifo", "device", "another shape", "another type", "text", "objects"],
)
def test_a_damaged_cache_is_made_again(encoder, tmp_path, damage):
    first = embed_descriptions(SENTENCES, str(encoder))
    (path,) = (tmp_path / "cache" / "descriptions").glob("*.npy")
    damage(path)
    assert torch.equal(embed_descriptions(SENTENCES, str(encoder)), first)
    assert np.array_equal(np.load(path), first.numpy())


def test_what_follows_draws_the_same_with_and_without_the_cache(encoder):
    draws = []
    for _ in range(2):
        torch.manual_seed(3)
        embed_descriptions(SENTENCES, str(encoder))
        draws.append(torch.rand(4))
    torch.manual_seed(3)
    assert torch.equal(draws[0], draws[1])
    assert torch.equal(draws[0], torch.rand(4))
