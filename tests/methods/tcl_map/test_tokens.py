"""Prompt and label positions in a text, against plain lists."""

import torch

from mia_plugins.methods.tcl_map.tokens import at, insert, label_tokens, read, spelled, write
from mia_plugins.nn.labels import memberships
from mia_plugins.testing.tiny import tiny_tokenizer

PAD = 9


def test_insert_matches_the_lists():
    generator = torch.Generator().manual_seed(0)
    lengths = torch.tensor([7, 2, 4, 6])
    ids = torch.randint(10, 99, (4, 7), generator=generator)
    inner = torch.randint(100, 199, (4, 5), generator=generator)
    words = insert(ids, torch.arange(7) < lengths[:, None], inner, prompt_length=2, pad_id=PAD)
    for clip, length in enumerate(lengths.tolist()):
        text = ids[clip, :length].tolist()
        want = [*text[:-1], *inner[clip].tolist(), text[-1]]
        assert words.ids[clip].tolist() == want + [PAD] * (12 - len(want))
        assert words.mask[clip].tolist() == [True] * len(want) + [False] * (12 - len(want))
        assert words.label_start[clip] == length - 1 + 2


def test_values_are_written_and_read_at_a_clips_own_places():
    into, values, start = torch.randn(3, 8, 4), torch.randn(3, 2, 4), torch.tensor([0, 6, 3])
    before = into.clone()
    written = write(values, start, into)
    assert torch.equal(read(written, start, 2), values)
    assert torch.equal(into, before)
    for clip in range(3):
        others = [place for place in range(8) if place not in at(start, 2)[clip]]
        assert torch.equal(written[clip, others], before[clip, others])


def test_labels_are_cut_and_filled_with_the_unknown_word():
    tokenizer = tiny_tokenizer()
    known = {word: tokenizer.convert_tokens_to_ids(word) for word in ("thanks", "you", "look", "[UNK]")}
    tokens, unknown = label_tokens(["thanks you look", "Look", "never heard"], tokenizer, 2), known["[UNK]"]
    assert tokens.tolist() == [[known["thanks"], known["you"]], [known["look"], -1], [unknown, unknown]]
    got = spelled(memberships(torch.tensor([0, 1, 2, 3]), 3), tokens, unknown).tolist()
    assert got == [[known["thanks"], known["you"]], [known["look"], unknown], [unknown] * 2, [unknown] * 2]


def slow_spelled(members, tokens, unknown):
    words = [word for there, label in zip(members, tokens) if there for word in label if word >= 0]
    return (words + [unknown] * len(tokens[0]))[: len(tokens[0])]


def test_several_labels_stand_one_after_the_other():
    generator = torch.Generator().manual_seed(0)
    tokens = torch.tensor([[5, 6, 7], [8, -1, -1], [9, 10, -1], [11, -1, -1]])
    members = torch.rand(30, 4, generator=generator) < 0.5
    want = [slow_spelled(row, tokens.tolist(), 1) for row in members.tolist()]
    assert spelled(members, tokens, 1).tolist() == want
