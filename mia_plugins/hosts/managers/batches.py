"""A host's batches as the trainer here takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset

from .task import trains_with_ood


class Placed(Dataset[Any]):
    """A host's clips, each with its ``train_place``: its row for the in-scope training clips, -1 for any others."""

    def __init__(self, clips: Any, in_scope: bool = True) -> None:
        self.clips, self.in_scope = clips, in_scope

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {**self.clips[index], "train_place": index if self.in_scope else -1}


def training_clips(args: Any, splits: Mapping[str, Any]) -> Any:
    """The in-scope clips to train on, and the out-of-scope ones where they are among the training's."""
    in_scope = Placed(splits["train"])
    if not trains_with_ood(args):
        return in_scope
    return ConcatDataset([in_scope, Placed(splits["ood_train"], in_scope=False)])


class Trimmed:
    """A host's loader whose batches end at the longest clip in them, in float32, with lengths.

    The hosts pad every clip to the data set's maximum, in float64 or float32; MIntRec gives no lengths.

    Args:
        loader: a host's DataLoader.
    """

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        for batch in self.loader:
            yield trim(batch)


def trim(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """One batch; ``text_feats`` ``(batch, 3, tokens)``, ``video_feats`` and ``audio_feats`` ``(batch, frames, dim)``.

    >>> frames = torch.tensor([[[1.0], [0.0], [0.0]], [[0.0], [2.0], [0.0]]], dtype=torch.float64)
    >>> text = torch.tensor([[[7, 8, 0], [1, 1, 0], [0, 0, 0]]] * 2)
    >>> out = trim({"label_ids": torch.tensor([0, 1]), "text_feats": text, "video_feats": frames})
    >>> out["text_feats"].shape[-1], out["video_feats"].squeeze(-1).tolist(), out["video_lengths"].tolist()
    (2, [[1.0, 0.0], [0.0, 2.0]], [1, 2])
    """
    label_ids = batch["label_ids"]
    out = {"label_ids": label_ids, "train_place": batch.get("train_place", torch.full_like(label_ids, -1))}
    tokens = int(last_true(batch["text_feats"][:, 1].bool()).max())
    out["text_feats"] = batch["text_feats"][:, :, :tokens].contiguous()
    for kind in ("video", "audio"):
        frames = batch.get(f"{kind}_feats")
        if frames is None:  # a method whose name starts with text gets the text alone
            continue
        lengths = batch.get(f"{kind}_lengths")
        if lengths is None:
            lengths = last_true(frames.ne(0).any(dim=-1))
        lengths = lengths.clamp(min=1)
        out[f"{kind}_feats"] = frames[:, : int(lengths.max())].float().contiguous()
        out[f"{kind}_lengths"] = lengths
    return out


def last_true(mask: Tensor) -> Tensor:
    """For each row of ``(batch, length)`` the number of the last true entry, from 1; 0 where there is none."""
    return (mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).amax(dim=1)
