"""The text with positions for the prompt and the label behind its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Words(NamedTuple):
    """``ids`` and ``mask`` (bool) ``(batch, length)``; ``label_start`` ``(batch,)``: the first position of the label."""

    ids: Tensor
    mask: Tensor
    label_start: Tensor


def insert(text_ids: Tensor, text_mask: Tensor, inner: Tensor, *, prompt_length: int, pad_id: int) -> Words:
    """Inserts tokens before the last one of each text, which is the separator.

    Args:
        text_ids: ``(batch, tokens)``.
        text_mask: ``(batch, tokens)``, true on tokens.
        inner: what is inserted, ``(batch, prompt_length + label_length)``.
        prompt_length: positions of the prompt, before those of the label.
        pad_id: what stands behind the end.

    >>> ids = torch.tensor([[1, 7, 8, 2], [1, 2, 0, 0]])
    >>> words = insert(ids, ids > 0, torch.tensor([[3, 4], [3, 5]]), prompt_length=1, pad_id=0)
    >>> words.ids.tolist(), words.label_start.tolist()
    ([[1, 7, 8, 3, 4, 2], [1, 3, 5, 2, 0, 0]], [4, 2])
    """
    width, added = text_ids.shape[1], inner.shape[1]
    place = torch.arange(width + added, device=text_ids.device).expand(len(text_ids), -1)
    last = text_mask.sum(dim=1, keepdim=True) - 1  # the separator's old place; its new one is `added` further
    source = torch.where(place < last, place, width + place - last)
    source = torch.where(place < last + added, source, last)
    ids = torch.cat([text_ids, inner], dim=1).gather(1, source)
    mask = place <= last + added
    return Words(ids.masked_fill(~mask, pad_id), mask, last[:, 0] + prompt_length)


def label_tokens(labels: Sequence[str], tokenizer: Any, length: int) -> Tensor:
    """The token ids of every label, cut to ``length`` or filled up with -1, int64 ``(labels, length)``."""
    rows = [tokenizer(label, add_special_tokens=False)["input_ids"][:length] for label in labels]
    return torch.tensor([[*row, *[-1] * (length - len(row))] for row in rows])


def spelled(members: Tensor, tokens: Tensor, unknown_id: int) -> Tensor:
    """What stands at the label's places of each clip: its label's tokens, then the unknown word, as the authors fill up.

    Of several labels (ours) all tokens of the first, then those of the next, as far as there is room. Of no label, as out
    of scope, the unknown word alone.

    Args:
        members: bool ``(batch, labels)``, which labels are a clip's.
        tokens: of :func:`label_tokens`.
        unknown_id: of the unknown word.

    Returns:
        ``(batch, length)`` int64.

    >>> spelled(torch.tensor([[True, False], [True, True], [False, False]]), torch.tensor([[5, -1], [6, 7]]), 1).tolist()
    [[5, 1], [5, 6], [1, 1]]
    """
    used = (members[:, :, None] & (tokens >= 0)).flatten(1)
    order = used.logical_not().int().argsort(dim=1, stable=True)[:, : tokens.shape[1]]  # the used ones first, in order
    return tokens.flatten()[order].masked_fill(~used.gather(1, order), unknown_id)


def at(start: Tensor, length: int) -> Tensor:
    """The positions from ``start`` ``(batch,)`` on: ``(batch, length)``."""
    return start[:, None] + torch.arange(length, device=start.device)


def write(values: Tensor, start: Tensor, into: Tensor) -> Tensor:
    """A copy of ``into`` ``(batch, length, dim)`` with ``values`` ``(batch, n, dim)`` at the places from ``start`` on."""
    places = at(start, values.shape[1])[..., None].expand(-1, -1, into.shape[2])
    return into.scatter(1, places, values.to(into.dtype))


def read(states: Tensor, start: Tensor, length: int) -> Tensor:
    """The states at the places from ``start`` on: ``(batch, n, dim)`` to ``(batch, length, dim)``."""
    return states.gather(1, at(start, length)[..., None].expand(-1, -1, states.shape[2]))
