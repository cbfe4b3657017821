"""A small method that keeps the contract, and one for each way of breaking it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from mia_plugins.errors import UserError
from mia_plugins.nn import bank as kept
from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.frames import as_frames, masked_mean
from mia_plugins.nn.losses import classification_loss, task_loss
from mia_plugins.plugin import BasicOutput, Method


@dataclass(frozen=True)
class Settings:
    """Of the small method.

    Args:
        width: of its features.
    """

    width: int = 8


class Good(nn.Module):
    """Mean embedding, mean frames, a hidden layer, a linear layer."""

    pretrained = ("encoder",)

    def __init__(self, task, settings):
        super().__init__()
        self.encoder, self.num_labels = load_encoder(task.text_backbone), len(task.labels)
        self.hidden = nn.Linear(self.encoder.dim + task.video_dim + task.audio_dim, settings.width)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(settings.width, task.num_classes)

    def text(self, batch):
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        hidden = self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask.bool())
        return masked_mean(hidden, mask)

    def frames(self, batch, name):
        return masked_mean(*as_frames(batch[f"{name}_feats"], batch[f"{name}_lengths"]))

    def features(self, batch):
        parts = [self.text(batch), self.frames(batch, "video"), self.frames(batch, "audio")]
        return self.dropout(self.hidden(torch.cat(parts, dim=-1)).tanh())

    def forward(self, batch):
        features = self.features(batch)
        return BasicOutput(self.classifier(features), features)

    def loss(self, output, label_ids):
        return task_loss(output.logits, label_ids, self.num_labels)

    def vim(self):
        return self.classifier.weight, self.classifier.bias


class LooksAtPadding(Good):
    def frames(self, batch, name):
        return batch[f"{name}_feats"].mean(dim=1)


class ReadsBehindTheEnd(Good):
    def frames(self, batch, name):
        return batch[f"{name}_feats"].sum(dim=1) / batch[f"{name}_lengths"][:, None]


class ReadsAFrameAtLeast(Good):
    def frames(self, batch, name):
        return masked_mean(*as_frames(batch[f"{name}_feats"], batch[f"{name}_lengths"].clamp(min=1)))


class ReadsInnerWords(Good):
    def text(self, batch):
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        hidden = self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask.bool())
        inner = (mask.cumsum(dim=1) > 1) & (mask.flip(1).cumsum(dim=1).flip(1) > 1)  # without [CLS] and [SEP]
        return (hidden * inner[..., None]).sum(dim=1) / inner.sum(dim=1, keepdim=True)


class LooksAtBatchMates(Good):
    def features(self, batch):
        features = super().features(batch)
        return features - features.mean(dim=0)


class NormalizesOverTheBatch(Good):
    def __init__(self, task, settings):
        super().__init__(task, settings)
        self.norm = nn.BatchNorm1d(settings.width)

    def features(self, batch):
        features = super().features(batch)
        return self.norm(features) if len(features) > 1 else features


class CountsPlaces(Good):
    def features(self, batch):
        features = super().features(batch)
        return features + torch.arange(len(features))[:, None]


class DescribesElsewhere(Good):
    def __init__(self, task, settings):
        super().__init__(task, settings)
        self.register_buffer("descriptions", torch.ones(len(task.labels), 2, 5))


class CountsTurns(Good):
    def features(self, batch):
        features = super().features(batch)
        return features + batch["text_turns"].float().mean(dim=1)[:, None] if "text_turns" in batch else features


class OtherFeatures(Good):
    def forward(self, batch):
        features = self.features(batch)
        return BasicOutput(self.classifier(features), features.relu())


class RemembersBatches(Good):
    memory = 0.0

    def features(self, batch):
        features = super().features(batch) + self.memory
        self.memory = features.detach().mean()
        return features


class RemembersInBuffers(Good):
    def __init__(self, task, settings):
        super().__init__(task, settings)
        self.register_buffer("seen", torch.zeros(()))

    def features(self, batch):
        self.seen += len(batch["text_feats"])
        return super().features(batch)


class WritesIntoTheBatch(Good):
    def features(self, batch):
        batch["video_feats"].clamp_(-1, 1)
        return super().features(batch)


class NeedsLabels(Good):
    def features(self, batch):
        return super().features(batch) + 0 * batch["label_ids"][:, None]


class Rows(NamedTuple):
    logits: torch.Tensor
    features: torch.Tensor
    center: torch.Tensor


class HasAScalarField(Good):
    def forward(self, batch):
        output = super().forward(batch)
        return Rows(*output, output.features.mean())


class MixesPrecisions(Good):
    def features(self, batch):
        features = super().features(batch)
        kept = torch.zeros(features.shape)
        kept[features > 0] = features[features > 0]  # autocast makes them bfloat16
        return kept


class SeedsNothing(Good):
    def features(self, batch):
        features = super().features(batch)
        generator = torch.Generator()
        generator.seed()
        return features + torch.rand(features.shape, generator=generator) if self.training else features


class LosesEmptyParts(Good):
    def loss(self, output, label_ids):
        in_scope = label_ids < self.num_labels
        return nn.functional.cross_entropy(output.logits[in_scope], label_ids[in_scope])


class GivesALossAClip(Good):
    def loss(self, output, label_ids):
        return {"classification": output.logits.logsumexp(dim=-1)}


class NamesTermsByBatch(Good):
    def loss(self, output, label_ids):
        return {f"loss_{len(label_ids)}": super().loss(output, label_ids)}


class KnowsClassesAlone(Good):
    def loss(self, output, label_ids):
        return classification_loss(output.logits, label_ids, self.num_labels)


class Climbs(Good):
    def loss(self, output, label_ids):
        loss = super().loss(output, label_ids)
        return 2 * loss.detach() - loss


class WeighsByPlace(Good):
    def loss(self, output, label_ids):
        return (output.logits.logsumexp(dim=-1) * torch.arange(len(label_ids))).sum()


class Detaches(Good):
    def text(self, batch):
        return super().text(batch).detach()


class HasAnUnusedPart(Good):
    def __init__(self, task, settings):
        super().__init__(task, settings)
        self.unused = nn.Linear(2, 2)


class StopsBeforeTheLastLayer(Good):
    def text(self, batch):
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        return masked_mean(self.encoder.embed(token_ids, segment_ids), mask)


class HidesItsState(Good):
    steps = 0

    def loss(self, output, label_ids):
        self.steps += 1
        return super().loss(output, label_ids) * (1 + self.steps / 10)


class SharesALayer(Good):
    layer = nn.Linear(8, 8)

    def __init__(self, task, settings):
        super().__init__(task, settings)
        self.shared = self.layer

    def features(self, batch):
        return self.shared(super().features(batch))


class HidesWeights(Good):
    def __init__(self, task, settings):
        super().__init__(task, settings)
        self.table = torch.randn(settings.width)

    def features(self, batch):
        return super().features(batch) * self.table


class PretrainedAltogether(Good):
    pretrained = ("encoder", "hidden", "classifier")


class Bank(Good):
    """Adds the label ids of the nearest training clip of another row."""

    def __init__(self, task, settings):
        super().__init__(task, settings)
        self.bank = kept.Bank("keys", "values")

    def features(self, batch):
        features = super().features(batch)
        if not len(self.bank):
            return features
        distance = torch.cdist(features.detach(), self.bank.keys)
        near = distance.masked_fill(self.excluded(batch), torch.inf).argmin(dim=1)
        return features + self.bank.values[near][:, None]

    def excluded(self, batch):
        return batch["train_place"][:, None] == torch.arange(len(self.bank))


class SeesItself(Bank):
    def excluded(self, batch):
        return torch.zeros(len(batch["train_place"]), len(self.bank), dtype=torch.bool)


class PlainBank:
    """A bank that no checkpoint knows of."""

    keys = values = torch.empty(0)

    def __len__(self):
        return len(self.keys)

    def fill(self, keys, values):
        self.keys, self.values = keys, values


class ForgetsItsBank(Bank):
    def __init__(self, task, settings):
        super().__init__(task, settings)
        del self.bank
        self.bank = PlainBank()


def rows_of(model, reference):
    with torch.no_grad():
        rows = [(Good.features(model.eval(), b), b["label_ids"].float()) for b in reference]
    return (torch.cat(part) for part in zip(*rows))


def fill(model, reference, device):
    keys, values = rows_of(model, reference)
    model.bank.fill(keys=keys, values=values)


def fill_further(model, reference, device):
    keys, values = rows_of(model, reference)
    if len(model.bank):
        keys, values = torch.cat([keys, model.bank.keys + 0.5]), torch.cat([values, model.bank.values + 1])
    model.bank.fill(keys=keys * len(keys), values=values)


def inspect(model, batches, device):
    with torch.no_grad():
        return {"features": np.concatenate([model.eval()(batch).features.numpy() for batch in batches])}


def inspect_batches(model, batches, device):
    return {"features": np.stack([model.eval()(batch).features.mean().item() for batch in batches])}


def paint(group, request):
    return [request.name("nothing")]


def classes_alone(outline, settings):
    if outline.problem != "multi-class":
        raise UserError("the bank holds classes")


def as_method(model, **hooks):
    """A method of a model class."""
    return Method(**{"name": "small", "build": model, "settings": Settings, **hooks})
