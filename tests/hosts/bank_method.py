"""A method that uses all of the contract: a bank of the training clips, an optimizer and a manager of its own."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mia_plugins.nn.bank import Bank
from mia_plugins.nn.losses import task_loss
from mia_plugins.plugin import Method
from mia_plugins.training.manager import Manager


@dataclass(frozen=True)
class Settings:
    """What may be changed.

    Args:
        neighbours: of a clip in the bank.
    """

    neighbours: int = 2


class BankOutput(NamedTuple):
    """With a second head, in training only."""

    logits: Tensor
    features: Tensor
    second: "Tensor | None"


class Neighbours(nn.Module):
    """The mean video frame beside the mean label of its neighbours among the training clips; see :class:`Settings`."""

    pretrained = ("first",)

    def __init__(self, task, settings):
        super().__init__()
        self.num_labels, self.neighbours = task.num_labels, settings.neighbours
        self.first = nn.Linear(task.video_dim, 8)
        self.second = nn.Linear(8, task.num_classes)
        self.classifier = nn.Linear(8 + task.num_labels, task.num_classes)
        self.bank = Bank("means", "labels")

    def forward(self, batch):
        assert self.training == ("label_ids" in batch)
        query = video_means(batch)
        distance = torch.cdist(query, self.bank.means)
        own = batch["train_place"][:, None] == torch.arange(len(self.bank), device=query.device)
        nearest = distance.masked_fill(own, torch.inf).topk(self.neighbours, largest=False).indices
        features = torch.cat([self.first(query).relu(), self.bank.labels[nearest].mean(dim=1)], dim=-1)
        second = self.second(features[:, :8]) if "label_ids" in batch else None
        return BankOutput(self.classifier(features), features, second)

    def loss(self, output, label_ids):
        heads = {"first": output.logits, "second": output.second}
        return {name: task_loss(logits, label_ids, self.num_labels) for name, logits in heads.items()}

    def vim(self):
        return self.classifier.weight, self.classifier.bias


def video_means(batch):
    """The mean of every clip's frames."""
    return batch["video_feats"].sum(dim=1) / batch["video_lengths"][:, None]


def fill(model, reference, device):
    """Fills the bank with the training clips, in their order."""
    batches = list(reference)
    places = torch.cat([batch["train_place"] for batch in batches])
    assert torch.equal(places, torch.arange(len(places)))
    labels = torch.cat([batch["label_ids"] for batch in batches])
    assert labels.max() < model.num_labels
    assert not len(model.bank)
    means = torch.cat([video_means(batch) for batch in batches])
    model.bank.fill(means=means.to(device), labels=nn.functional.one_hot(labels, model.num_labels).to(device))


def descent(model, settings, steps):
    """Plain gradient descent at a constant rate."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1000 * settings.lr)
    return optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)


class TwiceManager(Manager):
    """Says when it trains."""

    def _train(self, args):
        history = super()._train(args)
        self.logger.warning("trained in a way of its own, to a score of %.1f", self._score(args))
        return history


METHOD = Method(name="bank", build=Neighbours, settings=Settings, prepare=fill, optimizer=descent)
OWN_WAY = Method(
    name="own_way", build=Neighbours, settings=Settings, prepare=fill, optimizer=descent, manager=TwiceManager
)
