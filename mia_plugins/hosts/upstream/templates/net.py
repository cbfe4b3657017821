"""A-MESS: anchor-based multimodal embedding with semantic synchronization (arXiv 2503.19474).

The text's embeddings meet the anchors of video and audio (A-ME, Eq. 4-13), go through the pre-trained encoder, and the
sentence's token is pulled to the descriptions of its label (Eq. 15).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from data import benchmarks

from mia_plugins.methods.amess.model import AMESS, build
from mia_plugins.methods.amess.settings import Settings
from mia_plugins.plugin.task import Task


def build_amess(args: Any) -> AMESS:
    """The network for the benchmark's arguments; its hyper-parameters are documented in :class:`Settings`.

    Its logits have a column for out-of-scope utterances if it is trained with them and ``ood_training`` is k_plus_1.
    """
    benchmark = benchmarks[args.dataset]
    labels = benchmark["intent_labels"]
    if len(labels) != args.num_labels:  # data_mode binary-class
        labels = benchmark["binary_intent_labels"]
    task = Task(
        dataset=args.dataset,
        labels=tuple(labels),
        num_classes=len(labels) + (trains_with_ood(args) and args.ood_training == "k_plus_1"),
        text_backbone=args.get("text_pretrained_model") or args.text_backbone,
        text_length=args.text_seq_len,
        video_length=args.video_seq_len,
        audio_length=args.audio_seq_len,
        video_dim=args.video_feat_dim,
        audio_dim=args.audio_feat_dim,
    )
    return build(task, Settings(**{field.name: args[field.name] for field in fields(Settings)}))


def trains_with_ood(args: Any) -> bool:
    """Whether out-of-scope utterances are among the training's."""
    return bool(args.get("train_ood")) or args.method.endswith("_ood")
