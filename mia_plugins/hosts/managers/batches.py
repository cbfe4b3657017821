"""A host's clips as the batches that a model takes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch.utils.data import ConcatDataset, Dataset, default_collate

from .task import trains_with_ood


def training_clips(args: Any, splits: Mapping[str, Any]) -> Any:
    """The clips to train on: the in-scope ones, and the out-of-scope ones where they are among the training's."""
    return ConcatDataset([splits["train"], splits["ood_train"]]) if trains_with_ood(args) else splits["train"]


def collate(clips: list[Any]) -> dict[str, Any]:
    """Clips as one batch that ends at its longest, frames in float32; all are padded to one length before, in float64.

    >>> import torch
    >>> frames = torch.tensor([[[1.0], [0.0], [0.0]], [[0.0], [2.0], [0.0]]], dtype=torch.float64)
    >>> text = torch.tensor([[7, 8, 0], [1, 1, 0], [0, 0, 0]])
    >>> batch = collate([{"text_feats": text, "video_feats": frames[i], "video_lengths": i + 1} for i in range(2)])
    >>> batch["text_feats"].shape[-1], batch["video_feats"].squeeze(-1).tolist(), batch["video_lengths"].tolist()
    (2, [[1.0, 0.0], [0.0, 2.0]], [1, 2])
    """
    batch = default_collate(clips)
    batch["text_feats"] = batch["text_feats"][:, :, : int(batch["text_feats"][:, 1].sum(dim=1).max())].contiguous()
    for kind in ("video", "audio"):
        if f"{kind}_feats" in batch:  # a method of the text alone is given no frames
            lengths = batch[f"{kind}_lengths"] = batch[f"{kind}_lengths"].clamp(min=1)
            batch[f"{kind}_feats"] = batch[f"{kind}_feats"][:, : int(lengths.max())].float().contiguous()
    return batch


class Placed(Dataset[Any]):
    """Clips with their ``train_place``: the row of an in-scope training clip, -1 for any other."""

    def __init__(self, clips: Any, in_scope_training: bool) -> None:
        self.clips, self.in_scope_training, self.label_ids = clips, in_scope_training, clips.label_ids

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {**self.clips[index], "train_place": index if self.in_scope_training else -1}


def placed(data: Any) -> Any:
    """A host's data manager whose clips say their ``train_place``."""
    name, data = "data" if hasattr(data, "data") else "mm_data", copy.copy(data)
    setattr(data, name, {split: Placed(clips, split == "train") for split, clips in getattr(data, name).items()})
    return data
