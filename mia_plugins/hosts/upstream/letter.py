"""The text of the pull request that goes with the commits; its words are in ``letter.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import UserError
from ...runs.markdown import markdown_table
from ..facts.host import Host
from .about import About
from .series import Commit

NO_FIGURES = "None yet: this text was made without runs on the real data."


def repository_address(given: str | None) -> str:
    """Where this project is published: as given, or as its installed package says.

    Raises:
        UserError: neither says.
    """
    known = given
    with suppress(PackageNotFoundError):
        known = known or next(iter(metadata("mia-plugins").get_all("Home-page") or ()), None)
    if not known or known == "UNKNOWN":
        raise UserError("this package does not say where it is published: give --repository URL")
    return known


def letter(
    host: Host,
    about: About,
    *,
    base: str,
    patch: str,
    commits: Sequence[Commit],
    settings: Mapping[str, Any],
    repository: str,
    figures: str | None,
) -> str:
    """The text.

    Args:
        host: whom it is for.
        about: the method.
        base: the commit that the patch is for.
        patch: the patch's file name.
        commits: what is in it.
        settings: the hyper-parameters on the host's first data set.
        repository: this project's address.
        figures: the tables; None: the text says that there are none.
    """
    changed = [f"- *{commit.subject}*: {', '.join(f'`{path}`' for path in sorted(commit.files))}" for commit in commits]
    examples = sorted(path for path in commits[-1].files if path.endswith(".sh"))
    needs = " and ".join(f"{name} {version}" for name, version in about.requirements.items())
    requirements = f"\n`requirements.txt` asks for {needs} or newer where it did not.\n" if needs else ""
    if "requirements.txt" not in commits[-1].files:
        requirements = ""
    return (Path(__file__).with_suffix(".md").read_text(encoding="utf-8")).format(
        name=about.name,
        host=host.name,
        title=about.title,
        paper=f" ({about.paper})" if about.paper else "",
        method=about.method.name,
        commit=base,
        patch=patch,
        about=about.text or f"{about.name} has no further description.",
        commits="\n".join(changed),
        requirements=requirements,
        repository=repository,
        version=__version__,
        dataset=host.datasets[0],
        settings=markdown_table(["setting", "value"], [[key, str(value)] for key, value in settings.items()]),
        examples="\n".join(f"    sh {path}" for path in examples),
        figures=figures or NO_FIGURES,
    )
