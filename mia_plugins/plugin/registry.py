"""Finding methods and data sets by name: the bundled ones, and those of any installed package's entry points."""

from __future__ import annotations

import difflib
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from ..errors import UserError

METHOD_GROUP, DATASET_GROUP = "mia_plugins.methods", "mia_plugins.datasets"
BUNDLED = {
    METHOD_GROUP: {
        "amess": "mia_plugins.methods.amess:METHOD",
        "text": "mia_plugins.methods.text:METHOD",
    },
    DATASET_GROUP: {
        "MIntRec": "mia_plugins.data_adapters.mintrec:ADAPTER",
        "MIntRec2.0": "mia_plugins.data_adapters.mintrec2:ADAPTER",
    },
}


def names(group: str) -> dict[str, str]:
    """Every name of a group with the ``module:object`` behind it.

    Raises:
        UserError: two packages use one name.
    """
    found = dict(BUNDLED[group])
    points: Any = entry_points()
    # Python 3.9's mapping, later versions' selection
    for point in points.select(group=group) if hasattr(points, "select") else points.get(group, []):
        if found.setdefault(point.name, point.value) != point.value:
            raise UserError(
                f"two packages register {point.name!r} under {group}: {found[point.name]} and {point.value}; "
                "uninstall or rename one"
            )
    return found


def find(group: str, name: str) -> Any:
    """The object registered under a name.

    Raises:
        UserError: unknown name, or its package cannot be imported.
    """
    known = names(group)
    if name not in known:
        what = "method" if group == METHOD_GROUP else "data set"
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UserError(f"unknown {what} {name!r}; {hint}known: {', '.join(sorted(known))}")
    module, _, attribute = known[name].partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"{name!r} is registered as {known[name]}, which cannot be imported: {error}") from error
