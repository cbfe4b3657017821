"""The device and the seed."""

from __future__ import annotations

import random

import numpy as np
import torch

from ..errors import UserError, short
from .processes import launched, local_gpu


def choose_device(gpu_id: str | None) -> torch.device:
    """The device to run on; each process that a launcher started has its own GPU.

    Raises:
        UserError: a GPU is asked for that is not there.
    """
    if launched() and str(gpu_id).isdigit():
        raise UserError(
            f"--gpu_id {gpu_id}: of several processes each takes a GPU of its own; leave it out, or give cpu"
        )
    automatic = gpu_id is None
    gpu_id = local_gpu() if automatic else gpu_id
    if gpu_id is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if str(gpu_id).lower() == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if automatic and int(gpu_id) >= count:
        raise UserError(f"more processes than the {count} GPUs of this machine; start fewer, or give --gpu_id cpu")
    if not str(gpu_id).isdecimal() or len(str(gpu_id)) > 9 or int(gpu_id) >= count:
        raise UserError(
            f"--gpu_id {short(str(gpu_id))}: this machine has {count} usable GPUs; leave it out, or give cpu"
        )
    return torch.device("cuda", int(gpu_id))


def set_seed(seed: int) -> None:
    """Seeds every random generator in use."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
