"""The entry in a host's map of nets, for the hosts whose model manager builds one before the method's manager runs."""

from __future__ import annotations

from typing import Any

from torch import nn


def host_net(method_name: str) -> type[nn.Module]:
    """The class a host's ``multimodal_methods_map`` or ``methods_map`` takes under a method's name.

    The host calls it with ``(args)``, where the labels and the features' widths are not known yet. So it is an empty
    place: :func:`mia_plugins.hosts.live.manager.host_manager` builds the model. It draws nothing from the random state, so
    the same seed gives the same model as in ``run.py``.
    """

    class HostNet(nn.Module):
        """An empty place, without weights."""

        def __init__(self, args: Any) -> None:
            super().__init__()

    HostNet.__name__ = HostNet.__qualname__ = f"HostNet_{method_name}"
    return HostNet
