"""The most memory that a stretch of work took."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMemory:
    """Measures from its making on.

    Args:
        device: a GPU, whose allocated memory is measured; on any other device the process' resident size, which only
            Linux tells.
    """

    def __init__(self, device: torch.device) -> None:
        self.device, self.known = device, True
        if device.type == "cuda":
            import torch

            torch.cuda.reset_peak_memory_stats(device)
            return
        try:
            RESET.write_text("5")  # the peak starts again from the present size; see proc(5)
        except OSError:
            self.known = False

    def mib(self) -> float | None:
        """The peak so far, in MiB; None where the system does not tell."""
        if self.device.type == "cuda":
            import torch

            return torch.cuda.max_memory_allocated(self.device) / 2**20
        if not self.known:
            return None
        (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 2**10
