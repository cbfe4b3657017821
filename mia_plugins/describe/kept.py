"""The file of descriptions while it grows: every finished label is kept at once, beside the file that will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__
from ..data.descriptions import read_descriptions
from ..errors import UserError
from ..system.files import reason
from ..system.json_files import read_object, write_json
from .answers import Refused, check_descriptions
from .prompt import Prompt
from .secret import Key

SAME = (
    "model",
    "server",
    "prompt",
    "count",
    "label_names",
)  # what an interrupted run must share with the one that goes on


@dataclass
class Kept:
    """The descriptions so far.

    Attributes:
        path: of the complete file.
        about: how they were made, without any key.
        labels: all labels to describe, in the order of the file.
        key: what may be in no file.
        descriptions: label -> sentences, of the labels that are done.
    """

    path: Path
    about: dict[str, Any]
    labels: Sequence[str]
    key: Key
    descriptions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def part(self) -> Path:
        """The file of the labels so far; gone once all are done."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def missing(self) -> list[str]:
        """The labels that are still to be described."""
        return [label for label in self.labels if label not in self.descriptions]

    def begin(self, force: bool) -> None:
        """Goes on with what an interrupted run left; shows that the file can be written before anything is asked.

        Args:
            force: begin anew, and replace what is there.

        Raises:
            UserError: the file is there, was begun otherwise, or cannot be written.
        """
        if self.key.is_in(repr([self.about, list(self.labels)])):
            raise UserError("the prompt, a label, --model or --base_url holds the key; take it out")
        if self.path.is_dir():
            raise UserError(f"{self.path}: is a folder; give a file's name with -o")
        if not force:
            if self.path.exists() or self.path.is_symlink():
                raise UserError(f"{self.path}: is there already; give another -o, or --force to write it anew")
            self.resume()
        self.write(self.part)

    def resume(self) -> None:
        """Takes over what an interrupted run of the same question left."""
        remedy = "finish it with the options it was begun with, or give --force to begin anew"
        try:
            begun = read_object(self.part, {"about": dict, "descriptions": dict})["about"]
        except FileNotFoundError:
            return
        except UserError as error:
            raise UserError(f"{error}; give --force to begin anew") from error
        for name in SAME:
            if begun.get(name) != self.about[name]:
                raise UserError(f"{self.part}: was begun with another {name.replace('_', ' ')}; {remedy}")
        self.about["answered_by"] = [name for name in begun.get("answered_by", []) if isinstance(name, str)]
        for label, texts in read_descriptions(self.part).items():
            try:
                texts = check_descriptions(texts, label, self.about["count"], self.about["label_names"])
            except Refused:
                continue  # somebody changed the file: asked for again
            if label in self.labels:
                self.descriptions[label] = texts

    def add(self, label: str, texts: list[str], model: str) -> None:
        """Keeps a label's descriptions."""
        self.descriptions[label] = texts
        if model and model not in self.about["answered_by"]:
            self.about["answered_by"].append(model)
        self.write(self.part)

    def finish(self) -> None:
        """Makes the complete file of what is kept."""
        self.write(self.path)
        try:
            self.part.unlink()
        except OSError as error:
            raise UserError(f"{self.part}: cannot be removed ({reason(error)}); remove it") from error

    def write(self, path: Path) -> None:
        """Writes what is kept, whole or not at all, in the order of the labels."""
        done = {label: self.descriptions[label] for label in self.labels if label in self.descriptions}
        write_json(path, {"about": self.about, "descriptions": done})


def about(prompt: Prompt, model: str, host: str) -> dict[str, Any]:
    """How descriptions are made: the part of their file for whoever asks later."""
    versions = {"mia-plugins": __version__}
    for package in ("openai", "pydantic"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "model": model,
        "server": host,
        "answered_by": [],
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "prompt": prompt.text,
        "count": prompt.count,
        "label_names": prompt.label_names,
        "versions": versions,
    }
