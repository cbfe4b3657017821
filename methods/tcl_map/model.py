"""TCL-MAP, put together: the branch that classifies, and in training one that reads the label's tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mia_plugins.errors import UserError
from mia_plugins.nn.alignment import CTCAlignment
from mia_plugins.nn.backbones import load_encoder, load_tokenizer
from mia_plugins.nn.crossmodal import CrossmodalTransformer
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.frames import as_frames
from mia_plugins.nn.labels import in_scope, label_names, memberships
from mia_plugins.nn.losses import nt_xent, task_loss
from mia_plugins.nn.mag import MAG
from mia_plugins.plugin.task import Task

from .prompt import ModalityPrompt
from .settings import Settings
from .tokens import Words, insert, label_tokens, read, spelled, write


class TCLMAPOutput(NamedTuple):
    """``logits`` ``(batch, num_classes)``, ``features`` ``(batch, dim)``; in training the states at the label's places.

    ``masked``: of the branch that classifies; ``labelled``: of the one that reads the label; ``(batch, label_length *
    dim)``, or ``(batch, dim)`` with the setting ``host``. None where a clip is scored.
    """

    logits: Tensor
    features: Tensor
    masked: Tensor | None
    labelled: Tensor | None


class TCLMAP(nn.Module):
    """The model and its loss.

    Args:
        encoder: the pre-trained text encoder.
        pooler: its pooler. It learns like a new layer, and freezing the encoder leaves it to learn: many encoders come
            with a pooler that was never trained.
        labelled_encoder: the encoder once more, of the augmented copy; None: there is none, and no contrast.
        prompt: makes the modality-aware prompt.
        mag: the gate between the encoder's embedding layer and its transformer layers.
        tokens: ``(labels, label_length)``, each label's tokens, or each degree's; see :func:`label_tokens`.
        mask_id, unknown_id: the tokens that hold the places of label and prompt.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
        settings: the method's.
    """

    label_tokens: Tensor

    def __init__(
        self,
        encoder: TextEncoder,
        pooler: nn.Module,
        labelled_encoder: TextEncoder | None,
        prompt: ModalityPrompt,
        mag: MAG,
        *,
        tokens: Tensor,
        mask_id: int,
        unknown_id: int,
        num_classes: int,
        num_labels: int,
        settings: Settings,
    ) -> None:
        super().__init__()
        self.encoder, self.pooler, self.labelled_encoder = encoder, pooler, labelled_encoder
        self.prompt, self.mag = prompt, mag
        self.pretrained = ("encoder",) if labelled_encoder is None else ("encoder", "labelled_encoder")
        self.register_buffer("label_tokens", tokens, persistent=False)
        self.mask_id, self.unknown_id, self.settings = mask_id, unknown_id, settings
        self.num_labels = num_labels
        self.dropout = nn.Dropout(encoder.config.hidden_dropout_prob)
        self.classifier = nn.Linear(encoder.dim, num_classes)

    def words(self, text: Tensor, label: Tensor) -> Words:
        """``text`` ``(batch, 3, tokens)`` with the prompt's places and ``label`` ``(batch, label_length)``."""
        length = self.settings.prompt_length
        inner = torch.cat([label.new_full((len(label), length), self.unknown_id), label], dim=1)
        pad_id = self.encoder.config.pad_token_id or 0
        return insert(text[:, 0], text[:, 1].bool(), inner, prompt_length=length, pad_id=pad_id)

    def embed(self, encoder: TextEncoder, words: Words, prompt: Tensor) -> Tensor:
        """The embeddings of the words, with the prompt in its places."""
        embedded = encoder.embed(words.ids, torch.zeros_like(words.ids))
        return write(prompt, words.label_start - prompt.shape[1], into=embedded)

    def at_label(self, hidden: Tensor, words: Words) -> Tensor:
        """The states at the label's places as one vector."""
        states = read(hidden, words.label_start, self.settings.label_length)
        return states.mean(dim=1) if self.settings.host else states.flatten(1)

    def forward(self, batch: Mapping[str, Tensor]) -> TCLMAPOutput:
        """Scores a batch."""
        text = batch["text_feats"]
        video = as_frames(batch["video_feats"], batch["video_lengths"])
        audio = as_frames(batch["audio_feats"], batch["audio_lengths"])
        prompt = self.prompt(video, audio)
        words = self.words(text, text.new_full((len(text), self.settings.label_length), self.mask_id))
        fused = self.mag(self.embed(self.encoder, words, prompt), video, audio)
        hidden = self.encoder.encode(fused, words.mask)
        features = self.dropout(self.pooler(hidden))
        masked = labelled = None
        if "label_ids" in batch and self.labelled_encoder is not None:  # in training
            members = memberships(batch["label_ids"], len(self.label_tokens))
            told = self.words(text, spelled(members, self.label_tokens, self.unknown_id))
            states = self.labelled_encoder.encode(self.embed(self.labelled_encoder, told, prompt), told.mask)
            masked, labelled = self.at_label(hidden, words), self.at_label(states, told)
        return TCLMAPOutput(self.classifier(features), features, masked, labelled)

    def loss(self, output: TCLMAPOutput, label_ids: Tensor) -> dict[str, Tensor]:
        """Classification, and the contrast of the two branches at the label's places."""
        terms = {"classification": task_loss(output.logits, label_ids, self.num_labels)}
        if output.masked is not None and output.labelled is not None:
            taking_part = in_scope(label_ids, self.num_labels)
            terms["contrastive"] = nt_xent(
                output.masked, output.labelled, taking_part, temperature=self.settings.temperature
            )
        return terms

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def build(task: Task, settings: Any) -> TCLMAP:
    """The model for a task, with its two pre-trained encoders.

    Raises:
        UserError: the encoder's width cannot be split among the heads, it has no pooler, or its tokenizer no mask token.
    """
    tokenizer = load_tokenizer(task.text_backbone)
    encoder = load_encoder(task.text_backbone, with_pooler=True, heads=settings.heads)
    pooler, encoder.pooler = encoder.pooler, None
    dim, length = encoder.dim, task.text_length + settings.prompt_length + settings.label_length
    if pooler is None:
        raise UserError(f"text backbone {task.text_backbone!r:.100}: has no pooler, which TCL-MAP needs; use bert-*")
    if tokenizer.mask_token_id is None or tokenizer.unk_token_id is None:
        raise UserError(
            f"text backbone {task.text_backbone!r:.100}: its tokenizer lacks a mask or an unknown token; use bert-*"
        )
    names = label_names(task)
    transformer = CrossmodalTransformer(
        dim,
        settings.heads,
        settings.layers,
        attn_dropout=settings.attn_dropout,
        relu_dropout=settings.relu_dropout,
        res_dropout=settings.res_dropout,
        embed_dropout=settings.embed_dropout,
    )
    prompt = ModalityPrompt(
        length=settings.prompt_length,
        dim=dim,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        shared_dim=settings.shared_dim,
        aligned_length=length,
        transformer=transformer,
        audio_keys=settings.host,
    )
    mag = MAG(
        dim=dim,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        video_align=CTCAlignment(task.video_dim, length),
        audio_align=CTCAlignment(task.audio_dim, length),
        beta=settings.beta_shift,
        dropout=settings.dropout_prob,
    )
    return TCLMAP(
        encoder,
        pooler,
        load_encoder(task.text_backbone) if names else None,
        prompt,
        mag,
        tokens=label_tokens(names, tokenizer, settings.label_length),
        mask_id=tokenizer.mask_token_id,
        unknown_id=tokenizer.unk_token_id,
        num_classes=task.num_classes,
        num_labels=task.num_labels,
        settings=settings,
    )
