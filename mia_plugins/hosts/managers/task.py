"""What the network is built for, by a host's arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...plugin.task import Task


def trains_with_ood(args: Any) -> bool:
    """Whether out-of-scope clips are among the training's."""
    return bool(args.get("train_ood")) or args.method.endswith("_ood")


def number_of_classes(args: Any, labels: Sequence[str]) -> int:
    """Columns of the logits: one more than the labels where out of scope is trained as a class of its own."""
    return len(labels) + (trains_with_ood(args) and args.ood_training == "k_plus_1")


def task_of(args: Any, labels: Sequence[str]) -> Task:
    """What the network is built for."""
    return Task(
        dataset=args.dataset,
        labels=tuple(labels),
        num_classes=number_of_classes(args, labels),
        text_backbone=args.get("text_pretrained_model") or args.text_backbone,
        text_length=args.text_seq_len,
        video_length=args.video_seq_len,
        audio_length=args.audio_seq_len,
        video_dim=args.video_feat_dim,
        audio_dim=args.audio_feat_dim,
    )


def use_feature_widths(args: Any, first: Mapping[str, Any]) -> None:
    """Sets the widths of video and audio to those of a clip: the tables know one kind of features a data set."""
    for kind in ("video", "audio"):
        if f"{kind}_feats" in first:  # a method of the text alone has none
            args[f"{kind}_feat_dim"] = first[f"{kind}_feats"].shape[-1]
