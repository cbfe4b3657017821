"""The three commits that bring a method into a host."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import UserError
from ..facts.host import Host, class_name
from ..facts.python_text import dictionary_keys
from ..facts.repository import Repository
from ..install.edits import Text, add_behind_last, add_entries, add_import, find_map
from .about import About
from .examples import example_files
from .files import method_files
from .requirements import add_requirements
from .series import Commit


def changes(host: Host, about: About, repository: Repository) -> tuple[dict[str, bytes], list[Commit]]:
    """The files that are changed as they are, and the commits.

    Raises:
        UserError: the host's last commit has the method already, or lacks what the commits build on.
    """
    name = about.method.name
    nets, managers = method_files(host, about)
    examples = example_files(host, name)
    folder, tracked = repository.folder, repository.files()
    before: dict[str, bytes] = {}

    def committed(path: str) -> Text:
        if path not in tracked:
            raise UserError(f"{folder / path}: is not in the last commit; check out {host.commit[:10]}")
        before[path] = repository.contents(tracked[path])
        return Text(path, before[path])

    maps = {}
    for (path, map_name), module, thing in (
        (host.methods_map, f".{class_name(name)}.manager", class_name(name)),
        (host.nets_map, host.net_import(name), f"build_{name}"),
    ):
        text = committed(path)
        names = [variant.format(method=name) for variant in host.variants]
        if set(dictionary_keys(find_map(text, map_name))) & set(names):
            raise UserError(f"{folder / path}: {map_name} has {name} already; check out a commit without it")
        add_entries(text, map_name, [f"'{each}': {thing}" for each in names])
        add_import(text, f"from {module} import {thing}")
        maps[path] = text.bytes()
    for path in {**nets, **managers, **examples}:
        if path in tracked:
            raise UserError(f"{folder / path}: is in the last commit already; check out one without {name}")
    others = {}
    for path, edit in {"README.md": add_readme_line, "requirements.txt": require}.items():
        if path in tracked:
            text = committed(path)
            if edit(host, about, text):
                others[path] = text.bytes()
            else:
                del before[path]
    paper = "\n".join(line for line in (about.title, about.paper) if line and line != about.name)
    return before, [
        Commit(f"Add the network of {about.name}", paper, encoded(nets)),
        Commit(
            f"Add the manager of {about.name}",
            f"Its configs, and its entries in the maps of managers and networks: --method {name}.",
            {**encoded(managers), **maps},
        ),
        Commit(
            f"Add examples of {about.name}",
            "With a line in the README" + (" and what it requires." if "requirements.txt" in others else "."),
            {**encoded(examples), **others},
        ),
    ]


def encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    """Texts as bytes."""
    return {path: text.encode("utf-8") for path, text in files.items()}


def add_readme_line(host: Host, about: About, text: Text) -> bool:
    """A row in the README's table of methods, or where there is none a line in its example of how to run one."""
    name = about.method.name
    example = next(iter(example_files(host, name)))
    paper = f"[Paper]({about.paper})" if about.paper else "-"
    row = f"| [{about.name}](./{example}) | {paper} | {about.venue or '-'} |"
    if add_behind_last(text, lambda line: line.startswith("| [") and "](./examples/" in line, row):
        return True
    return add_behind_last(text, lambda line: line.strip().startswith("sh examples/"), f"sh {example}  # {about.name}")


def require(host: Host, about: About, text: Text) -> bool:
    """What the method requires."""
    return add_requirements(text, about.requirements)
