"""A look inside a trained model, for reports: its anchors, the frames they read, and T_f before and after the MLP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from mia_plugins.nn.alignment import CTCAlignment, SalienceAlignment
from mia_plugins.nn.attention import CrossAttention
from mia_plugins.nn.frames import Frames, as_frames, masked_mean
from mia_plugins.plugin.picture import Constant

from .fusion import AnchorEmbedding, IdentityStart
from .model import AMESS

BINS = 20  # equal parts of a clip over which an anchor's reading is kept
MISSING = -1


@torch.inference_mode()
def inspect(
    model: AMESS, batches: Iterable[Mapping[str, Tensor]], device: torch.device
) -> dict[str, np.ndarray | Constant]:
    """Arrays with one row per clip; a name is absent if the settings leave that part of the model out.

    Returns:
        - ``sentence_before`` ``(clips, dim)``, the masked mean of E_f, ``sentence`` ``(clips, width)``, T_f, and
          ``semantics`` ``(labels, descriptions, width)``, S of Eq. 15; float16.
        - for video and audio ``<modality>_anchors`` ``(clips, k)``: text positions, best first, -1 where a clip has
          fewer; ``<modality>_frames`` ``(clips, k)``: the frame each reads most; ``<modality>_reading``
          ``(clips, k, BINS)``: its shares over equal parts of the clip's length; ``<modality>_length`` ``(clips,)``.
          A clip without the modality has no anchors of it.
    """
    model.eval()
    fusion = model.fusion.fusion if isinstance(model.fusion, IdentityStart) else model.fusion
    parts: dict[str, list[np.ndarray]] = {}

    def add(name: str, values: Tensor, kind: type) -> None:
        parts.setdefault(name, []).append(values.float().cpu().numpy().astype(kind))

    for batch in batches:
        text_feats = batch["text_feats"].to(device)
        token_ids, mask, segment_ids = text_feats[:, 0], text_feats[:, 1].bool(), text_feats[:, 2]
        video = as_frames(batch["video_feats"].to(device), batch["video_lengths"].to(device))
        audio = as_frames(batch["audio_feats"].to(device), batch["audio_lengths"].to(device))
        text = model.encoder.embed(token_ids, segment_ids)
        own, candidates = (each.to(device) for each in model.token_masks(batch))
        if model.synchronizer is not None:
            before = masked_mean(model.encoder.encode(model.fusion(text, candidates, video, audio), mask), own)
            add("sentence_before", before, np.float16)
            add("sentence", model.synchronizer(before), np.float16)
        if isinstance(fusion, AnchorEmbedding):
            _, _, *anchors = fusion.anchors(text, candidates, video, audio)
            ways = (("video", video, fusion.video_align, fusion.video_cross, anchors[0]),)
            ways += (("audio", audio, fusion.audio_align, fusion.audio_cross, anchors[1]),)
            for name, frames, align, cross, chosen in ways:
                shares = frame_shares(text, frames, align, cross)
                lengths = frames.mask.sum(dim=1)
                shares = shares.gather(1, chosen.index[..., None].expand(-1, -1, shares.shape[-1]))
                add(
                    f"{name}_anchors",
                    widened(chosen.index.masked_fill(~chosen.mask, MISSING), fusion.num_anchors),
                    np.int16,
                )
                add(f"{name}_frames", widened(shares.argmax(dim=-1), fusion.num_anchors), np.int16)
                add(f"{name}_reading", widened(binned(shares, lengths), fusion.num_anchors), np.float16)
                add(f"{name}_length", lengths, np.int16)
    arrays: dict[str, np.ndarray | Constant] = {name: np.concatenate(values) for name, values in parts.items()}
    if model.synchronizer is not None:
        arrays["semantics"] = Constant(model.descriptions.float().cpu().numpy().astype(np.float16))
    return arrays


def frame_shares(text: Tensor, frames: Frames, align: nn.Module, cross: CrossAttention) -> Tensor:
    """How much of each frame every text token reads through alignment and cross-attention (Eq. 4, 6).

    The attention over aligned positions, averaged over the heads, times what each position holds of each frame.

    Returns:
        ``(batch, length, frames)``, shares that sum to one; zeros where a clip has no frames.
    """
    aligned, aligned_mask = align(*frames)
    source = cross.source_norm(aligned)
    query, key = (x.unflatten(-1, (cross.heads, -1)).transpose(1, 2) for x in (cross.query(text), cross.key(source)))
    logits = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    low = torch.finfo(logits.dtype).min  # finite, as there may be nothing to read
    attention = logits.masked_fill(~aligned_mask[:, None, None, :], low).softmax(dim=-1).mean(dim=1)
    reading = attention @ held_frames(align, frames)
    return reading / reading.sum(dim=-1, keepdim=True).clamp(min=1e-12)


def held_frames(align: nn.Module, frames: Frames) -> Tensor:
    """What every aligned position holds of every frame, ``(batch, positions, frames)``, none negative."""
    values, mask = frames
    if isinstance(align, (CTCAlignment, SalienceAlignment)):  # their weights depend on the frames
        return align.weights(values, mask)
    # the others map all frames alike: aligning unit vectors shows the weights
    unit = torch.eye(values.shape[1], device=values.device).expand(len(values), -1, -1)
    return align(unit, mask)[0].abs() * mask[:, None, :]


def binned(shares: Tensor, lengths: Tensor) -> Tensor:
    """Shares ``(batch, k, frames)`` summed over :data:`BINS` equal parts of each clip's real length.

    A frame across the border of two parts counts for both in proportion, so that short clips show no stripes.
    """
    total = torch.nn.functional.pad(shares.cumsum(dim=-1), (1, 0))  # what lies before each frame's start
    edges = torch.arange(BINS + 1, device=shares.device) * lengths[:, None] / BINS
    start = edges.floor().long().clamp(max=shares.shape[-1])
    rest = (edges - start)[:, None, :]

    def at(values: Tensor, index: Tensor) -> Tensor:
        return values.gather(2, index[:, None, :].expand(-1, values.shape[1], -1))

    within = at(shares, start.clamp(max=shares.shape[-1] - 1)) * rest
    return (at(total, start) + within).diff(dim=-1)


def widened(values: Tensor, count: int) -> Tensor:
    """Values ``(batch, k, ...)`` filled up to ``count`` with :data:`MISSING`; batches of short clips have fewer."""
    missing = values.new_full((len(values), count - values.shape[1], *values.shape[2:]), MISSING)
    return torch.cat([values, missing], dim=1)
