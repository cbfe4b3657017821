"""A-MESS written down plainly, equation by equation, and trained as the benchmark trains its methods.

Every clip is padded to the data set's maximum length, frames are held in float64, the encoder reads all 50 positions, the
best model is copied whole. It shares weights' names with ``methods/amess`` and must give the same results; a test holds
the two together. ``python -m benchmarks.plain SETTINGS`` is a process that trains it and prints what it took.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

FLOOR = 0.05  # of a cosine, in the selection of anchors (reading 4)


class Cross(nn.Module):
    """Cross-attention (Eq. 4, 6, 11, 12) with a residual on the query."""

    def __init__(self, dim: int, source_dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.source_norm = nn.LayerNorm(source_dim)
        self.query, self.key = nn.Linear(dim, dim), nn.Linear(source_dim, dim)
        self.value, self.out = nn.Linear(source_dim, dim), nn.Linear(dim, dim)
        self.dropout, self.norm = nn.Dropout(dropout), nn.LayerNorm(dim)

    def forward(self, query: Tensor, source: Tensor, hidden: Tensor | None = None) -> Tensor:
        """``hidden`` ``(batch, sources)`` is true where a source may not be read."""
        source = self.source_norm(source)
        parts = []
        size = query.shape[-1] // self.heads
        q, k, v = self.query(query), self.key(source), self.value(source)
        for head in range(self.heads):
            at = slice(head * size, (head + 1) * size)
            parts.append(attention(q[..., at], k[..., at], v[..., at], hidden))
        return self.norm(query + self.dropout(self.out(torch.cat(parts, dim=-1))))


class AnchorCross(nn.Module):
    """Anchor cross-attention (Eq. 8-10)."""

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.query, self.key, self.value = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.feedforward = nn.Sequential(
            nn.Linear(dim, 4 * dim), nn.ReLU(), nn.Linear(4 * dim, dim), nn.Dropout(dropout)
        )

    def forward(self, own: Tensor, other: Tensor, hidden: Tensor) -> Tensor:
        """``own`` and ``other`` ``(batch, k, dim)``."""
        return own + self.feedforward(attention(self.query(own), self.key(other), self.value(other), hidden))


def attention(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor | None) -> Tensor:
    """``softmax(Q K^T / sqrt(dim)) V``."""
    weights = query @ key.transpose(1, 2) / query.shape[-1] ** 0.5
    if hidden is not None:
        weights = weights.masked_fill(hidden[:, None, :], float("-inf"))
    return weights.softmax(dim=-1) @ value


class Align(nn.Module):
    """Frames to text positions, by an LSTM and a softmax; a blank takes what fits nowhere."""

    def __init__(self, dim: int, positions: int) -> None:
        super().__init__()
        self.positions = nn.LSTM(dim, positions + 1, num_layers=2, batch_first=True)

    def forward(self, frames: Tensor) -> Tensor:
        """``(batch, frames, dim)`` to ``(batch, positions, dim)``; padded frames are zeros and add nothing."""
        weights = self.positions(frames)[0].softmax(dim=-1)[:, :, 1:]
        return torch.bmm(weights.transpose(1, 2), frames)


class Fusion(nn.Module):
    """A-ME (Eq. 4-13)."""

    def __init__(self, dim: int, heads: int, widths: tuple[int, int], positions: int, k: int, dropout: float) -> None:
        super().__init__()
        self.k = k
        self.video_align, self.audio_align = (Align(width, positions) for width in widths)
        self.video_cross, self.audio_cross = (Cross(dim, width, heads, dropout) for width in widths)
        self.audio_to_video, self.video_to_audio = AnchorCross(dim, dropout), AnchorCross(dim, dropout)
        self.video_temporal, self.audio_temporal = (Cross(dim, dim, heads, dropout) for _ in range(2))
        self.norm, self.dropout = nn.LayerNorm(dim), nn.Dropout(dropout)

    def forward(self, text: Tensor, lengths: list[int], video: Tensor, audio: Tensor) -> Tensor:
        """``text`` ``(batch, positions, dim)``, of which the first ``lengths`` are tokens."""
        fused_v = self.video_cross(text, self.video_align(video))
        fused_a = self.audio_cross(text, self.audio_align(audio))
        anchors_v, hidden = self.select(text, fused_v, lengths)
        anchors_a, _ = self.select(text, fused_a, lengths)
        enriched_v = self.audio_to_video(anchors_v, anchors_a, hidden)
        enriched_a = self.video_to_audio(anchors_a, anchors_v, hidden)
        mixed = self.audio_temporal(fused_a, enriched_a, hidden) + self.video_temporal(fused_v, enriched_v, hidden)
        return self.dropout(self.norm(mixed))

    def select(self, text: Tensor, fused: Tensor, lengths: list[int]) -> tuple[Tensor, Tensor]:
        """Listing 1, a clip at a time: ``k`` anchors, zeros where a clip has fewer tokens, and which are zeros."""
        anchors = text.new_zeros(len(text), self.k, text.shape[-1])
        hidden = torch.ones(len(text), self.k, dtype=torch.bool, device=text.device)
        rows = []
        for i, length in enumerate(lengths):
            with torch.no_grad():
                a, b = F.normalize(text[i, :length], dim=-1), F.normalize(fused[i, :length], dim=-1)
                near = torch.cat([(a @ b.T).clamp(min=FLOOR), a.new_full((length, 1), FLOOR)], dim=1)
                first, second = near.topk(2, dim=1).values.unbind(dim=1)
                order = (first / second).sort(descending=True, stable=True).indices[: self.k]
            rows.append(F.pad(fused[i][order], (0, 0, 0, self.k - len(order))))
            hidden[i, : len(order)] = False
        anchors = torch.stack(rows)
        return anchors, hidden


class Scaled(nn.Module):
    """``E_text + s * E_m`` (reading 15)."""

    def __init__(self, fusion: Fusion, dim: int) -> None:
        super().__init__()
        self.fusion, self.scale = fusion, nn.Parameter(torch.zeros(dim))

    def forward(self, text: Tensor, lengths: list[int], video: Tensor, audio: Tensor) -> Tensor:
        """As :meth:`Fusion.forward`."""
        return text + self.scale * self.fusion(text, lengths, video, audio)


class Encoder(nn.Module):
    """The two halves of a BERT, each as it comes."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.embeddings, self.encoder = model.embeddings, model.encoder


class PlainAMESS(nn.Module):
    """The model.

    Args:
        bert: a transformers BERT.
        widths: of video and audio frames.
        positions: maximum tokens.
        classes: columns of the logits.
        descriptions: ``(labels, descriptions, width)``.
        k: anchors.
        dropout: of the new layers.
    """

    def __init__(
        self,
        bert: Any,
        widths: tuple[int, int],
        positions: int,
        classes: int,
        descriptions: Tensor,
        k: int,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        dim, heads = bert.config.hidden_size, bert.config.num_attention_heads
        self.encoder = Encoder(bert)
        self.fusion = Scaled(Fusion(dim, heads, widths, positions, k, dropout), dim)
        self.register_buffer("descriptions", descriptions)
        self.synchronizer = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, descriptions.shape[-1]))
        self.norm = nn.LayerNorm(dim + descriptions.shape[-1])
        self.classifier = nn.Linear(dim + descriptions.shape[-1], classes)

    def forward(self, text_feats: Tensor, video_feats: Tensor, audio_feats: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A padded batch; returns logits, features, and T_f."""
        ids, mask, segments = text_feats[:, 0], text_feats[:, 1], text_feats[:, 2]
        text = self.encoder.embeddings(input_ids=ids, token_type_ids=segments)
        fused = self.fusion(text, mask.sum(dim=1).tolist(), video_feats.float(), audio_feats.float())
        bias = (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        hidden = self.encoder.encoder(fused, attention_mask=bias.expand(-1, 1, mask.shape[1], -1))[0]
        mean = (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        sentence = self.synchronizer(mean)
        features = self.norm(torch.cat([hidden[:, 0], sentence], dim=-1))
        return self.classifier(features), features, sentence

    def loss(self, logits: Tensor, sentence: Tensor, label_ids: Tensor, temperature: float = 0.7) -> Tensor:
        """Cross-entropy (Eq. 16) and the triplet loss (Eq. 15), a clip at a time."""
        similar = F.cosine_similarity(sentence[:, None, None, :], self.descriptions[None], dim=-1) / temperature
        sums = similar.exp().sum(dim=2)  # (batch, labels)
        terms = []
        for i, label in enumerate(label_ids.tolist()):
            others = [mate for mate in label_ids.tolist() if mate != label]
            if others:
                terms.append(-torch.log(sums[i, label] / sums[i, others].sum()))
        triplet = torch.stack(terms).mean() if terms else sums.sum() * 0
        return F.cross_entropy(logits, label_ids) + triplet


class Padded(Dataset):
    """Clips at the maximum length, as the benchmark holds them: float64 frames, lists of ids."""

    def __init__(self, clips: Any, tokenizer: Any, lengths: dict[str, int]) -> None:
        encoded = tokenizer(list(clips.texts), truncation=True, padding="max_length", max_length=lengths["text"])
        self.text = [[ids, mask, [0] * len(ids)] for ids, mask in zip(encoded["input_ids"], encoded["attention_mask"])]
        self.video = [pad(np.array(frames), lengths["video"]) for frames in clips.video]
        self.audio = [pad(np.array(frames), lengths["audio"]) for frames in clips.audio]
        self.label_ids = clips.label_ids

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {
            "label_ids": torch.tensor(self.label_ids[index]),
            "text_feats": torch.tensor(self.text[index]),
            "video_feats": torch.tensor(self.video[index]),
            "audio_feats": torch.tensor(self.audio[index]),
        }


def pad(frames: np.ndarray, length: int) -> np.ndarray:
    """Float64 frames with zeros behind."""
    return np.concatenate([frames, np.zeros([length - len(frames), frames.shape[1]])], axis=0)


def plain_of(session: Any) -> PlainAMESS:
    """The plain model with the weights of a session's."""
    from transformers import AutoModel

    task, own = session.task, session.method_settings
    model = PlainAMESS(
        AutoModel.from_pretrained(task.text_backbone),
        (task.video_dim, task.audio_dim),
        task.text_length,
        task.num_classes,
        session.model.descriptions.detach().clone(),
        own.num_anchors,
        own.dropout_prob,
    ).to(session.device)
    model.load_state_dict(session.model.state_dict())
    return model


def measure(
    data: str,
    backbone: str,
    batch: int,
    device: str = "cpu",
    warmup: int = 1,
    steps: int = 3,
    **chosen: Any,
) -> dict[str, Any]:
    """Trains the plain model for some steps, and keeps the best as the benchmark does at the end of an epoch.

    Args:
        data, backbone, batch, device, chosen: as in :func:`benchmarks.ours.measure`.
        warmup: steps that are not measured.
        steps: steps that are; all cost the same, being padded to the same length.
    """
    from mia_plugins.data_adapters.mintrec2 import ADAPTER

    from .floor import synchronize
    from .sessions import open_session

    session = open_session(data, backbone, device, train_batch_size=batch, **chosen)
    where = session.device
    model = plain_of(session)
    padded = Padded(session.data.splits["train"], session.tokenizer, dict(ADAPTER.max_lengths))
    session.model = None
    loader = DataLoader(padded, batch_size=batch, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=session.settings.lr, foreach=False, fused=False)
    model.train()
    done, began = 0, time.perf_counter()
    while done < warmup + steps:
        for found in loader:
            moved = {name: value.to(where) for name, value in found.items()}
            logits, _, sentence = model(moved["text_feats"], moved["video_feats"], moved["audio_feats"])
            loss = model.loss(logits, sentence, moved["label_ids"])
            optimizer.zero_grad()
            loss.backward()
            loss.item()
            optimizer.step()
            done += 1
            if done == warmup:
                synchronize(where)
                began = time.perf_counter()
            if done == warmup + steps:
                break
    synchronize(where)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    best = copy.deepcopy(model)
    copied = time.perf_counter() - began
    del best
    result = {"rate": steps * batch / seconds, "seconds": [seconds], "copy_seconds": copied}
    if where.type == "cuda":
        result["gpu_reserved"] = torch.cuda.max_memory_reserved(where)
    return result


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
