"""What a model keeps of the training clips: filled by ``Method.prepare``, saved and loaded with the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn


class Bank(nn.Module):
    """Named tensors without gradients, such as a vector and a label for every training clip.

    They are empty until they are filled, and take whatever size a checkpoint has for them, so that a model can be
    restored where the training clips are not at hand.

    >>> bank = Bank("keys", "labels")
    >>> bank.fill(keys=torch.ones(5, 3), labels=torch.ones(5))
    >>> len(bank), tuple(bank.keys.shape)
    (5, (5, 3))

    Args:
        names: of the tensors.
    """

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names
        for name in names:
            self.register_buffer(name, torch.empty(0))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Tensor: ...

    def __len__(self) -> int:
        """Rows of the first tensor."""
        return len(getattr(self, self.names[0]))

    def fill(self, **tensors: Tensor) -> None:
        """Replaces the tensors, in float32; all of the names are given.

        Raises:
            ValueError: other names than those of the bank.
        """
        if set(tensors) != set(self.names):
            raise ValueError(f"a bank of {', '.join(self.names)} cannot be filled with {', '.join(tensors)}")
        for name, tensor in tensors.items():
            setattr(self, name, tensor.detach().float())

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any, **kwargs: Any) -> None:
        for name in self.names:
            saved = state_dict.get(prefix + name)
            if saved is not None:
                setattr(self, name, torch.empty_like(saved, device=getattr(self, name).device))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
