"""A method that uses all of the contract: a memory of the training clips, and a branch that only training sees."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Optional

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.bank import Bank
from mia_plugins.nn.frames import as_frames, masked_mean
from mia_plugins.nn.losses import task_loss
from mia_plugins.plugin import Method, Range, UserError, check, figure, save


@dataclass(frozen=True)
class Settings:
    """What ``--set`` may change.

    Args:
        neighbours: training clips that a clip is compared with.
        modalities: whose frames decide which clips are near.
        temperature: of the cosines by which near clips are weighed; the lower, the more the nearest one counts.
        pull: weight of the loss that pulls a clip towards its label's vector; none: leave that branch out.
    """

    neighbours: Annotated[int, Range(1, 1000)] = 5
    modalities: tuple[Literal["video", "audio"], ...] = ("video", "audio")
    temperature: Annotated[float, Range(0, 10, above=True)] = 0.1
    pull: Optional[Annotated[float, Range(0, above=True)]] = 0.5

    def __post_init__(self):
        check(self)
        if not self.modalities:
            raise UserError("modalities=() leaves nothing to compare; name video, audio or both")


class Output(NamedTuple):
    """``logits`` and ``features`` as of every method; ``anchor`` ``(batch, dim)`` in training alone."""

    logits: Tensor
    features: Tensor
    anchor: Optional[Tensor]


class MemoryBank(nn.Module):
    """The text beside what the nearest training clips are, found by their frames."""

    pretrained = ("encoder",)

    def __init__(self, task, settings):
        super().__init__()
        self.settings, self.num_labels = settings, task.num_labels
        self.encoder = load_encoder(task.text_backbone)
        self.hidden = nn.Linear(self.encoder.dim + self.num_labels, self.encoder.dim)
        self.classifier = nn.Linear(self.encoder.dim, task.num_classes)
        if settings.pull is not None:
            self.anchors = nn.Embedding(self.num_labels + 1, self.encoder.dim)  # one more for out of scope
        self.bank = Bank("keys", "labels")  # `prepare` fills it; it is saved with the weights

    def mean_frames(self, batch):
        """The mean frame of each modality, together of length one: ``(batch, dim)``."""
        means = [masked_mean(*as_frames(batch[f"{m}_feats"], batch[f"{m}_lengths"])) for m in self.settings.modalities]
        return F.normalize(torch.cat([F.normalize(mean, dim=-1) for mean in means], dim=-1), dim=-1)

    def vote(self, batch):
        """The labels of the nearest training clips but the clip itself, by how near they are: ``(batch, labels)``."""
        keys, labels, place = self.bank.keys, self.bank.labels, batch["train_place"]
        with torch.autocast(keys.device.type, enabled=False):  # in bfloat16 many clips would be equally near
            cosine = self.mean_frames(batch) @ keys.T
            itself = place[:, None] == torch.arange(len(keys), device=keys.device)
            near, index = cosine.masked_fill(itself, -torch.inf).topk(min(self.settings.neighbours, len(keys) - 1))
            weight = (near / self.settings.temperature).softmax(dim=-1)
            return (weight[..., None] * labels[index]).sum(dim=1)

    def forward(self, batch):
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        text = masked_mean(self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask.bool()), mask)
        features = self.hidden(torch.cat([text, self.vote(batch)], dim=-1)).tanh()
        with_anchor = "label_ids" in batch and self.settings.pull is not None  # labels are there in training alone
        return Output(self.classifier(features), features, self.anchors(batch["label_ids"]) if with_anchor else None)

    def loss(self, output, label_ids):
        terms = {"classification": task_loss(output.logits, label_ids, self.num_labels)}
        if output.anchor is not None:
            cosine = F.cosine_similarity(output.features.float(), output.anchor.float(), dim=-1)
            terms["pull"] = self.settings.pull * (1 - cosine).mean()
        return terms

    def vim(self):
        return self.classifier.weight, self.classifier.bias


def prepare(model, reference, device):
    """Keeps the mean frames and the labels of all in-scope training clips, in their order."""
    keys, label_ids = zip(*((model.mean_frames(batch), batch["label_ids"]) for batch in reference))
    labels = F.one_hot(torch.cat(label_ids), model.num_labels)
    model.bank.fill(keys=torch.cat(keys).to(device), labels=labels.to(device))


def classes_alone(outline, settings):
    """The memory holds one label a clip, so data of another form is refused before anything is trained."""
    if outline.problem != "multi-class":
        raise UserError(f"memory_bank: {outline.dataset} is a {outline.problem} problem; choose another method")


def optimizer(model, settings, steps):
    """AdamW on all weights alike, falling as a cosine; ``settings`` are those of training."""
    adamw = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=settings.lr)
    return adamw, torch.optim.lr_scheduler.CosineAnnealingLR(adamw, max(1, steps))


@torch.inference_mode()
def inspect(model, batches, device):
    """``vote`` ``(clips, labels)``: what the memory says of each test clip."""
    votes = [model.vote({key: value.to(device) for key, value in batch.items()}) for batch in batches]
    return {"vote": torch.cat(votes).cpu().numpy()}


def agreement(group, request):
    """How much of the memory's vote goes to each clip's own label; a picture only where votes are kept."""
    run = group.first
    vote, label_ids = run.inspection.get("vote"), np.array(run.clips["label_ids"])
    shown = [i for i in range(len(run.labels)) if (label_ids == i).any()]
    if vote is None or not shown:
        return []
    shares = [vote[label_ids == i, i].mean() for i in shown]
    with figure(5, 0.6 + 0.22 * len(shown)) as drawn:
        axes = drawn.subplots()
        axes.barh([run.labels[i] for i in shown], shares)
        axes.set(xlim=(0, 1), xlabel="share of the neighbours' vote")
        title = f"The memory gives {np.mean(shares):.0%} of its vote to the clip's own label"
        caption = f"Mean over the test clips of each label, {group.title}, seed {run.record['seed']}."
        return [save(drawn, request.folder, request.name("agreement"), title=title, caption=caption)]


METHOD = Method(
    name="memory_bank",
    title="Memory bank",
    build=MemoryBank,
    settings=Settings,
    prepare=prepare,
    optimizer=optimizer,
    check=classes_alone,
    inspect=inspect,
    pictures=(agreement,),
)
