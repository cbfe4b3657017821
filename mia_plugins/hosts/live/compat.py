"""Shims that make today's packages fit hosts written for those of 2023: one for each break, applied only where needed.

On the hosts' own packages (transformers 4.28, pandas 1.5, torch 1.13) nothing here applies.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shim:
    """One break and its fix.

    Args:
        name: of the break.
        where: in the hosts.
        why: what changed.
        fix: what is done about it.
        needed: whether this interpreter's packages have the break.
        apply: does it.
        hosts_own: only the hosts' own methods need it, the plugins do not.
    """

    name: str
    where: str
    why: str
    fix: str
    needed: Callable[[], bool]
    apply: Callable[[], None]
    hosts_own: bool = False


def transformers() -> Any:
    """The library as it stays: v5 replaces its own module when ``processing_utils`` is first imported."""
    import transformers.processing_utils  # noqa: F401

    return sys.modules["transformers"]


def lacks_adamw() -> bool:
    return not hasattr(transformers(), "AdamW")


def add_adamw() -> None:
    from .old_adamw import AdamW

    transformers().AdamW = AdamW


def lacks_append() -> bool:
    import pandas

    return not hasattr(pandas.DataFrame, "append") or not hasattr(pandas.DataFrame, "_append")


def add_append() -> None:
    import pandas

    def append(self: Any, other: Any, ignore_index: bool = False) -> Any:
        return pandas.concat([self, other], ignore_index=ignore_index)

    for name in ("append", "_append"):
        if not hasattr(pandas.DataFrame, name):
            setattr(pandas.DataFrame, name, append)


def lacks_verbose() -> bool:
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    return "verbose" not in inspect.signature(ReduceLROnPlateau.__init__).parameters


def accept_verbose() -> None:
    from torch.optim import lr_scheduler

    class ReduceLROnPlateau(lr_scheduler.ReduceLROnPlateau):
        def __init__(self, *arguments: Any, verbose: bool = False, **options: Any) -> None:
            super().__init__(*arguments, **options)

    lr_scheduler.ReduceLROnPlateau = ReduceLROnPlateau  # type: ignore[misc]


def is_five() -> bool:
    return int(transformers().__version__.split(".")[0]) >= 5


def lacks_tied_keys() -> bool:
    return is_five() and not hasattr(transformers().PreTrainedModel, "all_tied_weights_keys")


def add_tied_keys() -> None:
    transformers().PreTrainedModel.all_tied_weights_keys = {}


def lacks_mask_helpers() -> bool:
    model = transformers().PreTrainedModel
    return not hasattr(model, "get_extended_attention_mask") or not hasattr(model, "get_head_mask")


def add_mask_helpers() -> None:
    import torch

    def get_extended_attention_mask(self: Any, attention_mask: Any, *_: Any, **__: Any) -> Any:
        dtype = next(self.parameters()).dtype
        mask = attention_mask[:, None, :, :] if attention_mask.dim() == 3 else attention_mask[:, None, None, :]
        return (1 - mask.to(dtype)) * torch.finfo(dtype).min

    def get_head_mask(self: Any, head_mask: Any, num_hidden_layers: int, *_: Any) -> Any:
        return [None] * num_hidden_layers if head_mask is None else head_mask

    for function in (get_extended_attention_mask, get_head_mask):
        if not hasattr(transformers().PreTrainedModel, function.__name__):
            setattr(transformers().PreTrainedModel, function.__name__, function)


def builds_on_meta() -> bool:
    return is_five() and not hasattr(transformers().PreTrainedModel, "builds_for_real")


def build_for_real() -> None:
    import torch
    from torch import nn

    model = transformers().PreTrainedModel
    contexts, fill = model.get_init_context.__func__, transformers().BertPreTrainedModel._init_weights

    def get_init_context(cls: Any, *arguments: Any, **options: Any) -> list[Any]:
        return [one for one in contexts(cls, *arguments, **options) if not is_meta(one)]

    def is_meta(context: Any) -> bool:
        return isinstance(context, torch.device) or "meta_device" in getattr(
            getattr(context, "func", None), "__name__", ""
        )

    def init_weights(self: Any, module: nn.Module) -> None:
        # version 4 left these as torch makes them; version 5 initializes them again
        if not isinstance(module, (nn.Conv1d, nn.RNNBase, nn.MultiheadAttention, nn.modules.batchnorm._BatchNorm)):
            fill(self, module)

    model.get_init_context = classmethod(get_init_context)
    model.builds_for_real = True  # so that it is done once
    # it would replace weights that no checkpoint holds by uninitialized memory, to be filled later
    model._move_missing_keys_from_meta_to_device = lambda self, *_: None
    transformers().BertPreTrainedModel._init_weights = init_weights


SHIMS = (
    Shim(
        "AdamW",
        "importing methods, every host",
        "transformers 5 has no AdamW",
        "one with its arguments and its arithmetic (correct_bias) is put in its place",
        lacks_adamw,
        add_adamw,
    ),
    Shim(
        "DataFrame.append",
        "the second row of the results table, every host",
        "pandas 2 and 3 have no DataFrame.append, or no _append",
        "both are added, by concat",
        lacks_append,
        add_append,
    ),
    Shim(
        "ReduceLROnPlateau(verbose)",
        "mult, mmim, sdif",
        "torch 2.7 and later do not take verbose",
        "a subclass drops it",
        lacks_verbose,
        accept_verbose,
        hosts_own=True,
    ),
    Shim(
        "all_tied_weights_keys",
        "mag_bert, mult, misa: BERT subclasses that do not call post_init",
        "transformers 5 reads what post_init sets while it loads weights",
        "PreTrainedModel gets an empty one",
        lacks_tied_keys,
        add_tied_keys,
        hosts_own=True,
    ),
    Shim(
        "get_head_mask",
        "mag_bert, misa: their copies of BERT's forward",
        "transformers 5 has no get_head_mask or get_extended_attention_mask",
        "both are added",
        lacks_mask_helpers,
        add_mask_helpers,
        hosts_own=True,
    ),
    Shim(
        "meta device",
        "mag_bert, mult, misa, mintood, tcl_map: parameters made outside torch's layers, LSTMs and convolutions",
        "transformers 5 builds models without memory and fills only the layers it knows: a host's own nn.Parameter "
        "keeps whatever the memory held (the NaN of mintood)",
        "models are built with memory, and their layers keep the weights that torch starts with, as on transformers 4",
        builds_on_meta,
        build_for_real,
        hosts_own=True,
    ),
)


def needed(hosts_own: bool = False) -> list[Shim]:
    """The shims that this interpreter needs.

    Args:
        hosts_own: one of the host's own methods is to run, not a plugin.
    """
    return [shim for shim in SHIMS if (hosts_own or not shim.hosts_own) and shim.needed()]


def apply(hosts_own: bool = False) -> list[Shim]:
    """Applies what is needed, once; returns what it applied. Call it before a host's modules are imported."""
    applied = needed(hosts_own)
    for shim in applied:
        shim.apply()
    return applied
