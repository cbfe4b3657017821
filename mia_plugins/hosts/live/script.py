"""Runs a host's own script, with its own seeds or with the user's."""

from __future__ import annotations

import ast
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

from ...errors import UserError
from ..facts.detect import Checkout
from ..facts.python_text import parse_file
from .arguments import replaced


def run_script(checkout: Checkout, arguments: Sequence[str], seeds: Sequence[int]) -> None:
    """Runs the host's script as ``python run.py ...`` would.

    Args:
        checkout: the host.
        arguments: its command line.
        seeds: run these instead of the script's own list, which is replaced in memory; empty: run the script's. A
            host without a list is run once for each seed, with ``--seed``.

    Raises:
        UserError: the script has no list of seeds, or several.
    """
    script = str(checkout.folder / checkout.host.script)
    if not checkout.host.lists_seeds:
        for seed in seeds or [None]:  # type: ignore[list-item]
            line = list(arguments) if seed is None else replaced(arguments, "--seed", str(seed))
            sys.argv = [script, *line]
            runpy.run_path(script, run_name="__main__")
        return
    sys.argv = [script, *arguments]
    if not seeds:
        runpy.run_path(script, run_name="__main__")
        return
    code = with_seeds(script, seeds)
    module = ModuleType("__main__")
    module.__file__ = script
    before, sys.modules["__main__"] = sys.modules["__main__"], module
    try:
        exec(code, module.__dict__)
    finally:
        sys.modules["__main__"] = before


def with_seeds(script: str, seeds: Sequence[int]) -> CodeType:
    """The script's code with its one list of seeds replaced: ``seeds = [...]`` or ``for seed in [...]``."""
    tree = parse_file(Path(script))
    count = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            named = any(isinstance(target, ast.Name) and target.id == "seeds" for target in node.targets)
            values: ast.expr = node.value
        elif isinstance(node, ast.For):
            named, values = isinstance(node.target, ast.Name) and node.target.id == "seed", node.iter
        else:
            continue
        if named and isinstance(values, ast.List):
            values.elts = [ast.copy_location(ast.Constant(int(seed)), values) for seed in seeds]
            count += 1
    if count != 1:
        raise UserError(f"{script}: has {count} lists of seeds instead of one; leave out --seeds")
    return compile(tree, script, "exec")
