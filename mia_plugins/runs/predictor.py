"""A kept model that predicts the intents of new utterances, or their several labels, or their number."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Union

import numpy as np

from ..data.clips import Clips
from ..data.context import without_context
from ..errors import UserError
from ..evaluation.multi_label import decided
from ..evaluation.predictions import Predictions
from ..evaluation.scoring import check_logits, open_set_predictions, sigmoid
from ..evaluation.unseen import RATE
from ..nn.backbones import load_tokenizer
from ..plugin.method import build_model
from ..system.devices import choose_device
from ..training.checkpoints import WEIGHTS, load_weights
from ..training.loading import make_loader
from ..training.predict import predict
from ..training.reference import load_predictions
from .context import context_of, earlier_texts
from .given_frames import Frames, frames_of
from .kept import REFERENCE, Kept, read_kept
from .sharing import find_model
from .unseen import NewIntents


class Prediction(NamedTuple):
    """The prediction for one utterance.

    ``intent``: the likeliest in-scope intent; ``probabilities``: of every in-scope intent, likeliest first, from a softmax
    at the temperature that fits the development clips; ``out_of_scope``: whether the model takes the utterance for none
    of them: by its out-of-scope class if it has one, otherwise by DOC's thresholds; never where an added intent is the
    likeliest.
    """

    intent: str
    probabilities: Mapping[str, float]
    out_of_scope: bool


class SeveralLabels(NamedTuple):
    """The prediction where a clip may have several labels.

    ``labels``: those with a probability above 0.5, likeliest first; ``probabilities``: of every label, likeliest first,
    each from a sigmoid of its own (not calibrated).
    """

    labels: tuple[str, ...]
    probabilities: Mapping[str, float]


class Number(NamedTuple):
    """The prediction of a number: its ``name``, such as sentiment, and its ``value``."""

    name: str
    value: float


Answer = Union[Prediction, SeveralLabels, Number]


class Predictor:
    """A model with its tokenizer and thresholds; see :func:`mia_plugins.load`.

    Attributes:
        model: the ``torch.nn.Module``, in evaluation mode.
        labels: the intents that the model was trained for; see :meth:`add_intent` for more.
        kept: what was kept of the training.
    """

    def __init__(self, kept: Kept, gpu_id: str | None = None) -> None:
        self.kept, self.labels, self.device = kept, kept.task.labels, choose_device(gpu_id)
        self.context = context_of(argparse.Namespace(**kept.options))
        self.tokenizer = load_tokenizer(kept.task.text_backbone)
        self.model = build_model(kept.method, kept.task, kept.combination.method_settings)
        load_weights(self.model, kept.folder / WEIGHTS)
        self.model = self.model.to(self.device).eval()
        self.new_intents: NewIntents | None = None

    def predict(
        self,
        text: str | Sequence[str],
        video: Frames = None,
        audio: Frames = None,
        context: Sequence[Any] | None = None,
        speaker: str | Sequence[str] | None = None,
    ) -> Answer | list[Answer]:
        """Predicts the intent of one utterance, or of many.

        Args:
            text: what is said; a list for many.
            video, audio: frames ``(frames, dim)``, as wide as in training; a list of them for many. None, in place of
                all or in the list: there is none, and the model goes without.
            context: of a model for dialogues: what was said before, in its order, as pairs ``(speaker, text)``; a list of
                such lists for many; None: nothing. Earlier utterances have no frames here.
            speaker: who speaks, where the model reads the same speaker's utterances; a list for many.

        Returns:
            A :class:`Prediction`, or by the model's problem :class:`SeveralLabels` or a :class:`Number`; or a list of them.

        Raises:
            UserError: frames of another width or number, or that are not finite; a context for a model of single turns.
        """
        answers = self.answers(self.clips(text, video, audio, context, speaker))
        return answers[0] if isinstance(text, str) else answers

    def add_intent(
        self,
        name: str,
        sentences: Sequence[str],
        *,
        examples: Sequence[str] = (),
        video: Frames = None,
        audio: Frames = None,
        rate: float = RATE,
    ) -> None:
        """Adds an intent that the model was not trained for; nothing is trained (docs/unseen.md says how well it works).

        Args:
            name: of the intent.
            sentences: what describes it; three are as many as the trained intents have.
            examples: what is said in clips of this intent; one to five help.
            video, audio: frames of the examples, as in :meth:`predict`.
            rate: the share of the trained intents' clips that it may take.

        Raises:
            UserError: the method takes none, the name is taken, or sentences or examples are wrong.
        """
        if self.new_intents is None:
            self.new_intents = NewIntents(self.kept, self.model)
        shown = None
        if not isinstance(examples, Sequence) or len(examples):
            clips = self.clips(examples, video, audio)
            shown = self.new_intents.evidence(self.scored(clips), clips.texts)
        self.new_intents.add(name, sentences, shown, rate)

    def remove_intent(self, name: str) -> None:
        """Takes an added intent away again; all others answer as if it had never been there.

        Raises:
            UserError: it was not added.
        """
        if self.new_intents is None:
            raise UserError(f"{name!r} was not added, so it cannot be removed")
        self.new_intents.remove(name)

    def clips(
        self,
        text: str | Sequence[str],
        video: Frames,
        audio: Frames,
        context: Sequence[Any] | None = None,
        speaker: str | Sequence[str] | None = None,
    ) -> Clips:
        """One utterance or many as clips, checked; see :meth:`predict`."""
        single = isinstance(text, str)
        texts: list[Any] = [text] if single else list(text) if isinstance(text, Iterable) else []
        if not texts or not all(isinstance(each, str) for each in texts):
            raise UserError("predict: text should be a string, or a list of at least one string")
        task, longest = self.kept.task, self.longest()
        return Clips(
            keys=[str(number) for number in range(len(texts))],
            texts=texts,
            label_ids=np.zeros(len(texts), np.int64),
            video=frames_of("video", video, single, len(texts), task.video_dim, longest["video"]),
            audio=frames_of("audio", audio, single, len(texts), task.audio_dim, longest["audio"]),
            history=earlier_texts(self.context, context, speaker, single, len(texts)),
        )

    def longest(self) -> dict[str, int]:
        """The most tokens (``text``) and frames (``video``, ``audio``) of an utterance without its history."""
        task, context_len = self.kept.task, self.context.context_len if self.context else 0.0
        most = {"text": task.text_length, "video": task.video_length, "audio": task.audio_length}
        return {name: without_context(length, context_len) for name, length in most.items()}

    def scored(self, clips: Clips) -> Predictions:
        """What the model makes of clips."""
        settings = self.kept.combination.settings
        loader = make_loader(
            clips,
            tokenizer=self.tokenizer,
            text_length=self.longest()["text"],
            context_len=self.context.context_len if self.context else 0.0,
            batch_size=settings.eval_batch_size,
            device=self.device,
            num_workers=0,
            by_length=settings.length_batches,
        )
        predictions = predict(self.model, loader, device=self.device, precision=settings.precision)
        check_logits(predictions, "new")
        return predictions

    def answers(self, clips: Clips) -> list[Answer]:
        """A prediction for every clip."""
        predictions = self.scored(clips)
        if self.kept.task.problem == "regression":
            return [Number(self.labels[0], float(value)) for value in predictions.logits[:, 0]]
        if self.kept.task.problem == "multi-label":
            return list(map(self.several, sigmoid(predictions.logits), decided(predictions.logits)))
        return self.classes(predictions, clips.texts)

    def classes(self, predictions: Predictions, texts: Sequence[str]) -> list[Answer]:
        """Of every clip its intent."""
        num_labels = len(self.labels)
        classes = open_set_predictions(
            predictions,
            lambda: load_predictions(self.kept.folder / REFERENCE),
            num_labels=num_labels,
            scale=self.kept.combination.settings.scale,
        )
        logits = predictions.logits[:, :num_labels].astype(np.float64)
        if self.new_intents is not None and self.new_intents.names:
            logits = self.new_intents.logits(self.new_intents.evidence(predictions, texts))
        outside = (classes == num_labels) & (logits.argmax(axis=1) < num_labels)
        logits = logits / self.kept.temperature
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return [self.answer(row, out) for row, out in zip(shares, outside)]

    def ranked(self, shares: np.ndarray) -> dict[str, float]:
        """The probability of every label, added intents among them, the likeliest first."""
        labels = (*self.labels, *(self.new_intents.names if self.new_intents is not None else ()))
        return {labels[i]: float(shares[i]) for i in np.argsort(-shares, kind="stable")}

    def answer(self, shares: np.ndarray, out_of_scope: bool) -> Prediction:
        """The prediction for one clip, from its probabilities."""
        ranked = self.ranked(shares)
        return Prediction(next(iter(ranked)), ranked, bool(out_of_scope))

    def several(self, shares: np.ndarray, there: np.ndarray) -> SeveralLabels:
        """The labels of one clip, from their probabilities and which are decided to be there."""
        ranked, chosen = self.ranked(shares), {self.labels[i] for i in np.flatnonzero(there)}
        return SeveralLabels(tuple(label for label in ranked if label in chosen), ranked)


def load(path: str | Path, gpu_id: str | None = None) -> Predictor:
    """The kept model in a folder; see :func:`mia_plugins.load`."""
    return Predictor(read_kept(find_model(path)), gpu_id)
