"""Which clips each loader of a run has, in which batches, and which rows of the training clips they are."""

import numpy as np
import pytest
import torch

from mia_plugins.data.clips import Clips, LoadedData
from mia_plugins.training.loading import make_loaders
from mia_plugins.training.settings import TrainSettings

SIZES = {"train": 23, "dev": 5, "test": 6, "ood_train": 4, "ood_dev": 3, "ood_test": 2}
WITHOUT_OOD = ("train", "dev", "test")
LABELS = 3


class Tokenizer:
    """One id a word."""

    pad_token_id = 9

    def __call__(self, texts, add_special_tokens, truncation, max_length):
        assert add_special_tokens
        assert truncation
        return {"input_ids": [[1, *map(int, text.split()), 2][:max_length] for text in texts]}


def make_data(names=tuple(SIZES)):
    """Splits in which every clip has a word of its own."""
    rng, splits, start = np.random.default_rng(0), {}, 0
    for name in names:
        count = SIZES[name]
        words = range(start, start + count)
        splits[name] = Clips(
            keys=[f"{name}{i}" for i in range(count)],
            texts=[f"{1000 + word} " + "7 " * int(rng.integers(0, 6)) for word in words],
            label_ids=np.full(count, LABELS) if "ood" in name else np.arange(count) % LABELS,
            video=[np.full((int(rng.integers(1, 5)), 2), word, np.float32) for word in words],
            audio=[np.full((int(rng.integers(1, 5)), 3), word, np.float32) for word in words],
        )
        start += count
    return LoadedData(splits, ("a", "b", "c"), 2, 3, ())


def loaders(names=tuple(SIZES), **settings):
    chosen = TrainSettings(**{"train_batch_size": 4, "eval_batch_size": 3, **settings})
    return make_loaders(make_data(names), Tokenizer(), 5, chosen, 0, torch.device("cpu"))


def columns(loader):
    """Of every clip in the order of the batches: its word, the label, ``train_place`` and ``index``."""
    rows = []
    for batch in loader:
        words = batch["text_feats"][:, 0, 1] - 1000
        assert torch.equal(words, batch["video_feats"][:, 0, 0].long())  # all of a row is of one clip
        assert torch.equal(words, batch["audio_feats"][:, 0, 0].long())
        named = (words, batch["label_ids"], batch["train_place"], batch["index"])
        rows += zip(*(column.tolist() for column in named))
    return rows


def words_of(*names):
    """The words of splits, one after the other."""
    starts = np.cumsum([0, *SIZES.values()])
    begin = dict(zip(SIZES, starts))
    return [int(begin[name]) + i for name in names for i in range(SIZES[name])]


@pytest.mark.parametrize("length_batches", [True, False])
@pytest.mark.parametrize(
    ("loader", "names"),
    [
        ("train", ("train", "ood_train")),
        ("dev", ("dev",)),
        ("test", ("test", "ood_test")),
        ("reference", ("train",)),
        ("bank", ("train",)),
    ],
)
def test_every_loader_has_its_clips_once_with_their_place(loader, names, length_batches):
    rows = columns(getattr(loaders(length_batches=length_batches), loader))
    words = words_of(*names)
    assert sorted(word for word, *_ in rows) == sorted(words)
    for word, label, train_place, index in rows:
        split = next(name for name in names if word in words_of(name))
        row = words_of(split).index(word)
        assert index == words.index(word)
        assert train_place == (row if split == "train" else -1)
        assert label == (LABELS if "ood" in split else row % LABELS)


def test_the_bank_is_in_order_however_the_others_are_batched():
    bank = columns(loaders().bank)
    assert [train_place for _, _, train_place, _ in bank] == list(range(SIZES["train"]))


def test_training_is_shuffled_anew_from_the_random_state_and_nothing_else_is():
    made = loaders()
    torch.manual_seed(3)
    first, second = columns(made.train), columns(made.train)
    assert first != second
    torch.manual_seed(3)
    assert columns(loaders().train) == first
    for name in ("dev", "test", "reference", "bank"):
        assert columns(getattr(made, name)) == columns(getattr(made, name))


def test_batch_sizes():
    made = loaders(length_batches=False)
    assert [len(batch["index"]) for batch in made.train] == [4] * 6 + [3]
    assert [len(batch["index"]) for batch in made.dev] == [3, 2]
    assert [len(batch["index"]) for batch in made.bank] == [3] * 7 + [2]


def test_the_open_set_monitor_scores_out_of_scope_dev_clips_too():
    rows = columns(loaders(eval_monitor="is_os_f1").dev)
    assert sorted(word for word, *_ in rows) == words_of("dev", "ood_dev")


def test_without_out_of_scope_clips():
    made = loaders(WITHOUT_OOD)
    for name, split in (("train", "train"), ("dev", "dev"), ("test", "test")):
        assert sorted(word for word, *_ in columns(getattr(made, name))) == words_of(split)


def test_texts_are_cut_and_padded_by_the_tokenizers_own_id():
    rows = torch.cat(
        [
            torch.nn.functional.pad(batch["text_feats"], (0, 5 - batch["text_feats"].shape[-1]))
            for batch in loaders().bank
        ]
    )
    assert rows.shape == (SIZES["train"], 3, 5)
    for ids, mask, segments in rows.tolist():
        length = sum(mask)
        assert mask == [1] * length + [0] * (5 - length)
        assert ids[0] == 1
        assert all(each in (0, 9) for each in ids[length:])  # 0 where a batch was narrower
        assert not any(segments)
