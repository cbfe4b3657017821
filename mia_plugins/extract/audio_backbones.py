"""From sound to vectors: a speech backbone of transformers (WavLM, as in the benchmarks), or a small one in a package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from ..errors import UserError
from ..nn.backbones import load, quiet_transformers
from ..nn.lookup import check_encoder, encoder_digest
from .media import SOUND_RATE
from .packages import module, weights

SMALL = "speech-embedding"
SMALL_SHA256 = {
    "melspectrogram.tflite": "96fa0adccb6e8cf95cb14465409a1a2898ee4a96a85bb9ed3c7eb0e68bf163e8",
    "embedding_model.tflite": "c0aea21eb84a4ce90a08c870da41b7a7173b45269e6a3207c71d67c40f3a59d8",
}
SECONDS = 30  # of sound that is encoded together; a longer clip is cut into such pieces, so that memory has a bound
SHORTEST = 400  # samples of WavLM's first window: less has no frame


class AudioBackbone(Protocol):
    """A speech backbone, ready to compute. ``name``: what ``--audio_backbone`` was; ``digest``: of its weights."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def width(self) -> int: ...

    def begin(self) -> Any:
        """A new clip: an object with ``add(samples)`` and ``end()``, each yielding float32 ``(frames, width)``."""
        ...


@dataclass(frozen=True)
class Transformer:
    """A model such as WavLM, wav2vec 2.0 or HuBERT; the vectors of its last layer, 50 a second.

    Args:
        name, digest, width: see :class:`AudioBackbone`.
        model: on ``device``.
        normalize: bring every piece to mean 0 and variance 1 first, as the model's feature extractor says.
        device: where to compute.
    """

    name: str
    digest: str
    width: int
    model: nn.Module
    normalize: bool
    device: torch.device

    def begin(self) -> Pieces:
        """See :class:`AudioBackbone`."""
        return Pieces(self)

    @torch.inference_mode()
    def embed(self, samples: np.ndarray) -> np.ndarray:
        """Float32 ``(frames, width)`` of float32 ``(samples,)``."""
        samples = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        if self.normalize:  # as transformers' feature extractor does
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
        values = torch.from_numpy(samples.astype(np.float32))[None].to(self.device)
        with torch.autocast(self.device.type, torch.float16, enabled=self.device.type == "cuda"):
            return self.model(values).last_hidden_state[0].float().cpu().numpy()


class Pieces:
    """Collects the sound of one clip into pieces of :data:`SECONDS`."""

    def __init__(self, backbone: Transformer) -> None:
        self.backbone, self.count = backbone, 0
        self.waiting: list[np.ndarray] = []

    def add(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """The vectors of every full piece."""
        self.waiting.append(samples)
        self.count += len(samples)
        most = SECONDS * SOUND_RATE
        while self.count >= 2 * most:  # what is left at the end is never a scrap without context
            joined = np.concatenate(self.waiting)
            yield self.backbone.embed(joined[:most])
            self.waiting, self.count = [joined[most:]], len(joined) - most

    def end(self) -> Iterator[np.ndarray]:
        """The vectors of the rest."""
        if self.count:
            yield self.backbone.embed(np.concatenate(self.waiting))


class SpeechEmbedding:
    """Google's speech embedding as openWakeWord ships it: 96 wide, a vector every 80 ms over the 760 ms before it."""

    name, width = SMALL, 96
    digest = SMALL_SHA256["embedding_model.tflite"]
    STEP, WINDOW = 1280, 76 * 160  # samples of a vector's step, and of its window

    def __init__(self) -> None:
        found = module("pyopen_wakeword.openwakeword")
        for name, sha256 in SMALL_SHA256.items():
            weights("pyopen-wakeword", name, sha256)
        try:
            self.stream = found.OpenWakeWordFeatures.from_builtin()
        except (OSError, ValueError) as error:
            raise UserError(f"{SMALL}: its library does not run on this system ({error}); choose another") from error

    def begin(self) -> SpeechEmbedding:
        """See :class:`AudioBackbone`."""
        self.stream.reset()
        self.stream.new_audio_samples = self.WINDOW  # of silence before the clip; the package would put 8 s there
        self.left = np.empty(0, np.float32)
        return self

    def add(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """The vectors of every full step."""
        samples = np.concatenate([self.left, samples])
        full = len(samples) // self.STEP * self.STEP
        self.left = samples[full:]
        for start in range(0, full, self.STEP):
            yield from self._step(samples[start : start + self.STEP])

    def end(self) -> Iterator[np.ndarray]:
        """The vectors of the rest, filled up with silence."""
        if len(self.left):
            yield from self._step(np.pad(self.left, (0, self.STEP - len(self.left))))

    def _step(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        yield from (vector.reshape(-1, self.width) for vector in self.stream.process_streaming(whole.tobytes()))


def load_audio_backbone(name: str, device: torch.device) -> AudioBackbone:
    """The backbone of that name: ``speech-embedding``, or a folder or hub id of transformers.

    Raises:
        UserError: it cannot be loaded, or it is no speech backbone.
    """
    if name == SMALL:
        return SpeechEmbedding()
    check_encoder(name, "audio backbone")
    transformers = quiet_transformers()
    model = load(transformers.AutoModel.from_pretrained, name, "audio backbone").float().eval().to(device)
    extractor = load(transformers.AutoFeatureExtractor.from_pretrained, name, "feature extractor of audio backbone")
    if getattr(extractor, "sampling_rate", SOUND_RATE) != SOUND_RATE:
        raise UserError(
            f"audio backbone {name[:100]!r}: takes {extractor.sampling_rate} samples a second, not {SOUND_RATE}"
        )
    normalize = bool(getattr(extractor, "do_normalize", True))
    backbone = Transformer(name, encoder_digest(name), 0, model, normalize, device)
    width = backbone.embed(np.zeros(SOUND_RATE, np.float32)).shape[1]
    return Transformer(name, backbone.digest, width, model, normalize, device)
