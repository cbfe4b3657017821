"""Method plugins for the multimodal intent benchmarks (MIntRec, MIntRec2.0, MMOIR)."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .runs.results import Results

__version__ = "0.1.0"
__all__ = ["run"]


def run(**options: Any) -> Results:
    """Runs a method as ``run.py`` does, from Python.

    Args:
        options: the command line's options by name, with ``set`` a dictionary of hyper-parameters, as in
            ``run(method="amess", dataset="MIntRec2.0", data_path=DIR, train=True, set={"lr": 5e-5})``.

    Returns:
        The :class:`~mia_plugins.runs.results.Results`: ``runs``, ``mean``, ``std``, ``table``.

    Raises:
        UserError: something of the user's is wrong.
    """
    from .runs.options import make_options
    from .runs.running import run as run_options
    from .system.processes import stop

    results = run_options(make_options(options))
    atexit.register(stop)  # not now: the processes of a launcher cannot meet a second time
    return results
