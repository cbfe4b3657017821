"""What the attacks have in common, and their counts at the end."""

from importlib import metadata

import pytest
from reliability.attack import COUNTS, HEAVY

from mia_plugins.plugin import registry


@pytest.fixture(scope="session", autouse=True)
def _entry_points_once():
    """Every parser lists the installed packages, which takes longer than the attack."""
    known, patch = metadata.entry_points(), pytest.MonkeyPatch()
    patch.setattr(registry, "entry_points", lambda: known)
    yield
    patch.undo()


def pytest_terminal_summary(terminalreporter):
    """Attacks by kind, as docs/reliability.md shows them."""
    if not COUNTS:
        return
    terminalreporter.section(f"attacks{' (MIA_FUZZ)' if HEAVY else ''}")
    names = ("cases", "accepted", "refused", "failures")
    terminalreporter.write_line("  ".join(["kind".ljust(46), *(name.rjust(8) for name in names)]))
    for kind, count in sorted(COUNTS.items()):
        terminalreporter.write_line("  ".join([kind.ljust(46), *(str(count[name]).rjust(8) for name in names)]))
    total = {name: sum(count[name] for count in COUNTS.values()) for name in names}
    terminalreporter.write_line("  ".join(["all".ljust(46), *(str(total[name]).rjust(8) for name in names)]))
