"""What a language model is asked: the paper's kind of prompt (section III-D), or the user's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..data.descriptions import read_text
from ..errors import UserError

PLACEHOLDERS = ("label", "labels", "count")
DEFAULT = """\
You help to detect the intent behind what a person says. An intent's name is given to you as a noun or a verb, and you \
explain it: your sentences will be compared with utterances. Give {count} different descriptions of the intent \
"{label}", each one a short, exact sentence. Write them as a numbered list and write nothing else.

An example for the intent "Invite", with 3 descriptions:
1. Asking someone to come along or to take part in something.
2. Offering a person a place at an event or a meal.
3. Proposing to spend time together and hoping for a yes.
"""
NO_NAMES = 'Do not use the words "{label}" in them.'
AGAIN = "An earlier answer could not be used: {reason}. Give a numbered list of exactly {count} different sentences."
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")


@dataclass(frozen=True)
class Prompt:
    """The question for each label.

    Attributes:
        text: with ``{label}``, ``{labels}`` (all of them, one a line) and ``{count}`` for what differs.
        labels: all labels.
        count: the number of descriptions a label.
        label_names: whether a description may contain its label.
    """

    text: str
    labels: Sequence[str]
    count: int
    label_names: bool = True

    def fill(self, label: str, refused: str = "") -> str:
        """The question for one label.

        Args:
            label: its name.
            refused: what was wrong with an earlier answer, in our own words.
        """
        parts = [self.text.strip(), *([] if self.label_names else [NO_NAMES]), *([AGAIN] if refused else [])]
        values = {"label": label, "labels": "\n".join(self.labels), "count": str(self.count), "reason": refused}
        # in one pass: a label may look like a placeholder
        return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), "\n\n".join(parts))


def read_prompt(path: str | Path | None) -> str:
    """The text of a prompt's file; the default one where there is none.

    Raises:
        UserError: it cannot be read, has no ``{label}``, or has a placeholder that nothing is put into.
    """
    if path is None:
        return DEFAULT
    text = read_text(path)
    names = _PLACEHOLDER.findall(text)
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in names:
        if name not in PLACEHOLDERS:
            raise UserError(f"{path}: unknown placeholder {{{name[:40]}}}; known: {known}")
    if "label" not in names:
        raise UserError(f"{path}: never names the label; put {{label}} where it belongs")
    return text
