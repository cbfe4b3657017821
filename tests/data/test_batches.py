from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from mia_plugins.data import batches, sampling
from mia_plugins.data.batches import ClipDataset, Sample, collate, tokenize
from mia_plugins.data.clips import Clips
from mia_plugins.data.sampling import LengthBatches

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "that", "is", "good", "##ness", "."]
NAMES = [
    "index",
    "train_place",
    "label_ids",
    "text_feats",
    "video_feats",
    "video_lengths",
    "audio_feats",
    "audio_lengths",
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """A BERT tokenizer with ten words."""
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    (folder / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    return transformers.AutoTokenizer.from_pretrained(str(folder))


def make_clips(lengths, video_dim=3, audio_dim=2, seed=0):
    """Clips of the given (video, audio) lengths; no frame is all zero."""
    rng = np.random.default_rng(seed)
    return Clips(
        keys=[f"clip{i}" for i in range(len(lengths))],
        texts=["text"] * len(lengths),
        label_ids=rng.integers(0, 5, len(lengths)),
        video=[rng.uniform(1, 2, (video, video_dim)).astype(np.float32) for video, _ in lengths],
        audio=[rng.uniform(1, 2, (audio, audio_dim)).astype(np.float32) for _, audio in lengths],
    )


def test_token_ids_have_special_tokens_and_are_cut(tokenizer):
    ids = tokenize(["that is good.", "goodness", "", "Is that nothing"], tokenizer, max_length=4)
    assert ids == [[2, 5, 6, 3], [2, 7, 8, 3], [2, 3], [2, 6, 5, 3]]
    assert tokenize(["that is good."], tokenizer, max_length=30) == [[2, 5, 6, 7, 9, 3]]
    assert tokenize([], tokenizer, max_length=30) == []


def test_many_texts_are_tokenized_some_at_a_time(tokenizer, monkeypatch):
    texts = ["that is good.", "goodness", "", "Is that nothing", "good"]
    expected = [tokenize([text], tokenizer, max_length=30)[0] for text in texts]
    sizes = []

    def count(some, **options):
        sizes.append(len(some))
        return tokenizer(some, **options)

    monkeypatch.setattr(batches, "_TEXTS", 2)
    assert tokenize(texts, count, max_length=30) == expected
    assert sizes == [2, 2, 1]


@settings(deadline=None, max_examples=100)
@given(
    lengths=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=6),
    pad_token_id=st.sampled_from([0, 1, 9]),
)
def test_collate_pads_to_the_longest_and_no_further(lengths, pad_token_id):
    clips = make_clips([lengths_of_clip[1:] for lengths_of_clip in lengths])
    tokens = [list(range(10, 10 + count)) for count, _, _ in lengths]
    dataset = ClipDataset(clips, tokens)
    batch = collate([dataset[i] for i in range(len(dataset))], pad_token_id)
    longest = [max(column) for column in zip(*lengths)]
    count = len(lengths)

    assert list(batch) == NAMES
    assert batch["index"].tolist() == list(range(count))
    assert batch["label_ids"].tolist() == clips.label_ids.tolist()
    assert batch["text_feats"].shape == (count, 3, longest[0])
    assert batch["video_feats"].shape == (count, longest[1], 3)
    assert batch["audio_feats"].shape == (count, longest[2], 2)
    for name, tensor in batch.items():
        assert tensor.dtype == (torch.float32 if name in ("video_feats", "audio_feats") else torch.int64)
        assert tensor.is_contiguous()
    for i, (text, video, audio) in enumerate(lengths):
        ids, mask, segments = batch["text_feats"][i].tolist()
        assert ids == tokens[i] + [pad_token_id] * (longest[0] - text)
        assert mask == [1] * text + [0] * (longest[0] - text)
        assert segments == [0] * longest[0]
        for name, expected, length in (("video", clips.video[i], video), ("audio", clips.audio[i], audio)):
            assert batch[f"{name}_lengths"][i] == length
            np.testing.assert_array_equal(batch[f"{name}_feats"][i, :length], expected)
            assert not batch[f"{name}_feats"][i, length:].any()


@settings(deadline=None, max_examples=100)
@given(
    lengths=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=4),
    more=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_frames_fill_up_to_a_multiple_but_never_beyond_the_longest_clip_there_is(lengths, more):
    clips = make_clips(lengths)
    dataset = ClipDataset(clips, [[1]] * len(lengths))
    longest = [max(column) for column in zip(*lengths)]
    assert dataset.most_frames() == tuple(longest)
    most = tuple(frames + other for frames, other in zip(longest, more))
    samples = [dataset[i] for i in range(len(dataset))]
    batch, plain = collate(samples, most_frames=most), collate(samples)
    for name, longest_clip, limit in zip(("video_feats", "audio_feats"), longest, most):
        expected = next(size for size in range(longest_clip, 100) if size % 16 == 0 or size == limit)
        assert batch[name].shape[1] == expected
        assert torch.equal(batch[name][:, :longest_clip], plain[name])
        assert not batch[name][:, longest_clip:].any()
    assert all(torch.equal(batch[name], plain[name]) for name in NAMES if not name.endswith("o_feats"))


def test_a_batch_shares_no_memory_with_the_clips():
    clips = make_clips([(2, 2)])
    collate([ClipDataset(clips, [[1]])[0]])["video_feats"].zero_()
    assert clips.video[0].all()


def test_read_only_and_wider_frames_are_taken(recwarn):
    frames = np.frombuffer(np.ones(6, np.float32).tobytes(), np.float32).reshape(2, 3)
    batch = collate([Sample(0, 0, [1], frames, frames.astype(np.float64))])
    assert batch["audio_feats"].dtype == torch.float32
    assert not recwarn.list


def test_widths_that_differ_are_refused():
    with pytest.raises(ValueError, match="broadcast"):
        collate([Sample(i, 0, [1], np.ones((2, 3 + i)), np.ones((2, 3))) for i in range(2)])


def test_every_clip_needs_its_tokens():
    with pytest.raises(ValueError, match="1 tokenized texts for 2 clips"):
        ClipDataset(make_clips([(1, 1), (1, 1)]), [[1]])


@pytest.mark.parametrize("num_workers", [0, 2])
def test_in_a_loader(num_workers):
    clips = make_clips([(i + 1, 9 - i) for i in range(5)])
    dataset = ClipDataset(clips, [[2, 3]] * 5)
    loader = DataLoader(dataset, batch_size=2, num_workers=num_workers, collate_fn=partial(collate, pad_token_id=7))
    batches = list(loader)
    assert [tuple(batch["video_feats"].shape) for batch in batches] == [(2, 2, 3), (2, 4, 3), (1, 5, 3)]
    assert torch.cat([batch["label_ids"] for batch in batches]).tolist() == clips.label_ids.tolist()


@settings(deadline=None, max_examples=100)
@given(
    lengths=st.lists(st.floats(1, 9), max_size=40),
    batch_size=st.integers(1, 7),
    window=st.integers(1, 4),
    shuffle=st.booleans(),
)
def test_length_batches_hold_every_clip_once_and_neighbours_in_length(lengths, batch_size, window, shuffle):
    lengths = np.array(lengths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "WINDOW", window)
        sampler = LengthBatches(lengths, batch_size, shuffle)
        batches = list(sampler)
    assert len(batches) == len(sampler)
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    assert sorted(map(len, batches))[1:] == [batch_size] * (len(batches) - 1)  # one may be shorter
    if not shuffle or window >= len(batches):  # one window: cut from the sorted clips
        spans = sorted((lengths[batch].min(), lengths[batch].max()) for batch in batches)
        assert all(low[1] <= high[0] for low, high in zip(spans, spans[1:]))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("count", [1, 8, 33])
def test_batches_of_any_length_are_those_of_a_plain_loader(count, shuffle):
    """As the benchmark draws them with the same random state; several epochs."""
    clips = list(range(count))
    sampler = LengthBatches(np.arange(count) % 5, 4, shuffle, by_length=False)
    torch.manual_seed(5)
    expected = [batch.tolist() for _ in range(3) for batch in DataLoader(clips, batch_size=4, shuffle=shuffle)]
    torch.manual_seed(5)
    drawn = [batch.tolist() for _ in range(3) for batch in DataLoader(clips, batch_sampler=sampler)]
    assert drawn == expected


def test_length_batches_follow_the_seed_and_change_with_every_pass():
    sampler = LengthBatches(np.arange(100) % 10, 4, shuffle=True)
    torch.manual_seed(1)
    first, second = list(sampler), list(sampler)
    torch.manual_seed(1)
    assert list(sampler) == first != second
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in second}


def test_clips_are_sorted_by_tokens_then_by_frames():
    dataset = ClipDataset(make_clips([(1, 9), (2, 2), (9, 9)]), [[1], [1, 2], [1]])
    assert np.argsort(dataset.lengths()).tolist() == [0, 2, 1]


def test_frames_may_come_from_a_mapped_file(tmp_path):
    """Any sequence of arrays serves as ``Clips.video``, so that clips need not be in memory."""
    clips = make_clips([(3, 1), (2, 1), (4, 1)])
    np.concatenate(clips.video).tofile(tmp_path / "frames.bin")

    class Mapped:
        ends = np.cumsum([0, 3, 2, 4])
        frames = np.memmap(tmp_path / "frames.bin", np.float32, "r").reshape(-1, 3)

        def __len__(self):
            return len(self.ends) - 1

        def __getitem__(self, index):
            if index >= len(self):
                raise IndexError(index)
            return self.frames[self.ends[index] : self.ends[index + 1]]

    mapped = Clips(clips.keys, clips.texts, clips.label_ids, Mapped(), clips.audio)
    joined = Clips.concatenate([mapped, clips])
    batch = collate([ClipDataset(joined, [[1]] * 6)[i] for i in range(6)])
    np.testing.assert_array_equal(batch["video_feats"][:3], batch["video_feats"][3:])
    assert batch["video_lengths"].tolist() == [3, 2, 4] * 2
