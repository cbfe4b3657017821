"""The error that a user is meant to read."""

from __future__ import annotations


class UserError(Exception):
    """Something in the settings, files or names that were given is wrong; the message says what, and the remedy."""
