"""The names that the installed method plugins have in a host."""

from __future__ import annotations

from collections.abc import Collection

from ...errors import UserError
from ...plugin.method import Method
from ...plugin.registry import METHOD_GROUP, find, names
from .host import Host

OOD = "_ood"  # MIntRec2.0 calls a method's variant that trains with out-of-scope clips <name>_ood
PREFIX = "mia_"  # of a plugin whose name the host gives to a method of its own


def name_in_host(method: str, host: Host, taken: Collection[str]) -> str:
    """A plugin's name in a host.

    Args:
        method: the plugin's name.
        host: which.
        taken: the names of the host's methods; these keep their names.
    """
    return PREFIX + method if any(variant.format(method=method) in taken for variant in host.variants) else method


def names_in_host(host: Host, taken: Collection[str]) -> dict[str, str]:
    """Name in the host -> the plugin behind it, for every installed method and each of its variants there."""
    return {
        variant.format(method=name_in_host(method, host, taken)): method
        for method in sorted(names(METHOD_GROUP))
        for variant in host.variants
    }


def plugin(name: str) -> Method:
    """The method plugin behind a name in a host, such as ``<method>``, ``<method>_ood`` or ``mia_<method>``.

    Raises:
        UserError: unknown.
    """
    bare = name[len(PREFIX) :] if name.startswith(PREFIX) else name
    candidates = [name, bare, *(text[: -len(OOD)] for text in (name, bare) if text.endswith(OOD))]
    known = names(METHOD_GROUP)
    return find(METHOD_GROUP, next((text for text in candidates if text in known), name))


def installable(method: str) -> str:
    """The name of a method whose files could be written into a checkout.

    Raises:
        UserError: it is not installed, or its name is no name of a Python module.
    """
    if method not in names(METHOD_GROUP):
        if method.endswith(".py"):
            raise UserError(f"--method {method}: is a file; make it an installed package (docs/plugins.md)")
        find(METHOD_GROUP, method)
    if not method.isidentifier():
        raise UserError(f"--method {method}: cannot be the name of a Python module; use `mia-plugins run`")
    return method
