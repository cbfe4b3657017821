"""What the files that ``mia-plugins install`` writes import; these names stay where they are."""

from .live import compat

compat.apply(hosts_own=True)  # on newer packages than the host's, before its other methods are imported

from .live.manager import host_manager  # noqa: E402
from .live.net import host_net  # noqa: E402
from .live.params import host_param  # noqa: E402

__all__ = ["host_manager", "host_net", "host_param"]
