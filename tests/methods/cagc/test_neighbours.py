"""Neighbours and which of them are kept, against loops."""

from collections import Counter

import pytest
import torch

from mia_plugins.methods.cagc.neighbours import kept, majority, nearest


def slow_nearest(query, keys, place, count):
    distance = {row: sum((a - b) ** 2 for a, b in zip(query, key)) for row, key in enumerate(keys) if row != place}
    return sorted(distance, key=distance.get)[:count]


@pytest.mark.parametrize("count", [1, 3, 6, 7, 50])
def test_nearest_matches_the_loop(count):
    generator = torch.Generator().manual_seed(count)
    keys = 3 + torch.randn(7, 4, generator=generator)
    query = torch.cat([keys[[2, 6]] + 0.01, 3 + torch.randn(2, 4, generator=generator)])
    places = torch.tensor([2, 6, -1, -1])
    index, present = nearest(query, keys, places, count)
    for row in range(4):
        want = slow_nearest(query[row].tolist(), keys.tolist(), places[row].item(), count)
        assert index[row][present[row]].tolist() == want


def test_a_clip_without_video_is_nobodys_neighbour():
    keys = 3 + torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    keys[[1, 4]] = 0.0
    index, present = nearest(torch.zeros(1, 4), keys, torch.tensor([0]), 5)
    assert set(index[0][present[0]].tolist()) == {2, 3}


def slow_majority(labels):
    votes = Counter(labels)
    return next(label for label in labels if votes[label] == max(votes.values()))


def test_majority_matches_the_loop():
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (200, 7), generator=generator)
    present = torch.arange(7) < torch.randint(1, 8, (200, 1), generator=generator)
    got = majority(labels, present)
    for row in range(200):
        assert got[row] == slow_majority(labels[row][present[row]].tolist())


def test_kept_neighbours_are_present_and_as_asked_for():
    labels, present = torch.tensor([[1, 2, 2, 1, 1]]), torch.tensor([[True, True, True, True, False]])
    assert kept(labels, present, "majority").tolist() == [[True, False, False, True, False]]
    assert kept(labels, present, "all").tolist() == present.tolist()
    assert not kept(labels, present, "none").any()


def test_of_several_labels_neighbours_that_share_one_with_most_others_are_kept():
    labels = torch.tensor([[[1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]]]).bool()
    present = torch.tensor([[True, True, True, True, True]])
    assert majority(labels, present).int().tolist() == [[0, 1, 1]]  # the third meets itself, the second and the fourth
    assert kept(labels, present, "majority").tolist() == [[False, True, True, True, False]]
    present[0, 2] = False
    assert majority(labels, present).int().tolist() == [[1, 0, 0]]  # now each meets itself alone
