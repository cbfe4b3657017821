"""The device, the seed, and which weights train."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import nn

from ..errors import UserError
from .processes import launched, local_gpu


def choose_device(gpu_id: str | None) -> torch.device:
    """The device to run on; of processes started by a launcher each has its own GPU.

    Raises:
        UserError: a GPU is asked for that is not there.
    """
    if launched() and str(gpu_id).isdigit():
        raise UserError(
            f"--gpu_id {gpu_id}: of several processes each takes a GPU of its own; leave it out, or give cpu"
        )
    own = gpu_id is None
    gpu_id = local_gpu() if own else gpu_id
    if gpu_id is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if str(gpu_id).lower() == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if own and int(gpu_id) >= count:
        raise UserError(f"more processes than the {count} GPUs of this machine; start fewer, or give --gpu_id cpu")
    if not str(gpu_id).isdigit() or int(gpu_id) >= count:
        raise UserError(f"--gpu_id {gpu_id}: this machine has {count} usable GPUs; leave it out, or give cpu")
    return torch.device("cuda", int(gpu_id))


def set_seed(seed: int) -> None:
    """Seeds every random generator in use."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def freeze_backbone(model: nn.Module) -> None:
    """Leaves only the last layer of the text backbone to train, as the benchmark's option does."""
    backbone = getattr(model, "encoder", None)
    layers = getattr(getattr(backbone, "encoder", None), "layer", None)
    if backbone is None or layers is None:
        raise UserError("--freeze_backbone_parameters: this model has no text backbone to freeze")
    backbone.requires_grad_(False)
    layers[-1].requires_grad_(True)
