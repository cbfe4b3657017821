"""The server's key: where it comes from, and that it goes nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ..errors import UserError, short

PIECE = 8  # characters of a key in a row that give it away
NO_KEY = "none"  # what a server gets that needs none


@dataclass(frozen=True)
class Key:
    """A key that never shows itself.

    Attributes:
        value: the key.
        secret: whether it is one; a stand-in for no key may show.
    """

    value: str = field(repr=False)
    secret: bool = True

    def is_in(self, text: str) -> bool:
        """Whether a text holds the key or a telling piece of it."""
        if not self.secret:
            return False
        if len(self.value) < PIECE:
            return self.value in text
        key, text = self.value.casefold(), text.casefold()
        return any(key[start : start + PIECE] in text for start in range(len(key) - PIECE + 1))

    def quote(self, text: str) -> str:
        """A server's words for a message: one short line, or a remark in their place where they hold the key."""
        return "its words are left out, they hold the key" if self.is_in(text) else short(" ".join(text.split()))


def read_key(name: str, needed: bool) -> Key:
    """The key in an environment variable. What is wrong with it is said without a word of it.

    Args:
        name: of the variable; somebody may have typed the key here by mistake, so it is not repeated either.
        needed: whether the server surely asks for one.

    Raises:
        UserError: there is none, or it holds what no header can carry.
    """
    value = os.environ.get(name, "").strip() if name.isidentifier() else ""
    if not value:
        if needed or name != "OPENAI_API_KEY":
            raise UserError("no key: set OPENAI_API_KEY, or give the name of another variable with --api_key_env")
        return Key(NO_KEY, secret=False)
    if not (value.isascii() and value.isprintable()):
        raise UserError("the key holds characters that no key has, such as a line's end; set its variable again")
    return Key(value)
