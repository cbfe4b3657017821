"""Labels of every problem: which clips take part, which belong together, whose descriptions are a clip's."""

from types import SimpleNamespace

import torch

from mia_plugins.nn.labels import in_scope, label_names, label_sets, memberships, share

IDS, SEVERAL = torch.tensor([0, 2, 3]), torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 0, 1]])
NUMBERS = torch.tensor([-9.0, -2.5, -0.5, 0.49, 1.5, 2.5])


def test_clips_without_a_label_take_no_part():
    assert in_scope(IDS, 3).tolist() == [True, True, False]
    assert in_scope(SEVERAL, 3).tolist() == [True, False, True]
    assert in_scope(NUMBERS, 1).all()


def test_pairs_share_a_label_or_a_degree():
    for label_ids, want in (
        (IDS, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (SEVERAL, [[1, 0, 1], [0, 0, 0], [1, 0, 1]]),
        (torch.tensor([0.6, 1.4, 1.6]), [[1, 1, 0], [1, 1, 0], [0, 0, 1]]),
    ):
        labels = label_sets(label_ids)
        assert share(labels[:, None], labels).int().tolist() == want


def test_memberships_are_the_labels_or_the_degrees_around_zero():
    assert memberships(IDS, 3).int().tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert torch.equal(memberships(SEVERAL, 3), SEVERAL.bool())
    assert memberships(NUMBERS, 7).int().argmax(dim=1).tolist() == [0, 1, 3, 3, 5, 5]
    assert (memberships(NUMBERS, 7).sum(dim=1) == 1).all()


def test_names_are_those_of_labels_or_of_known_degrees():
    def names(problem, *labels):
        return label_names(SimpleNamespace(problem=problem, labels=labels))

    assert names("multi-class", "sentiment", "b") == ("sentiment", "b")
    assert names("multi-label", "sentiment") == ("sentiment",)
    assert names("regression", "height") == ()
    degrees = names("regression", "sentiment")
    assert (len(degrees), degrees[0], degrees[3]) == (7, "strongly negative", "neutral")
