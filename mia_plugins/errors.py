"""The one kind of error a user is meant to read."""

LONGEST = 1000  # characters of a message


class UserError(Exception):
    """Something in the user's files, options or machine is wrong.

    The message is one line that names the file, the row or clip, and the remedy. The command line prints it without
    a traceback and ends with exit code 2.
    """


def one_line(error: BaseException) -> str:
    """The whole message in one line, no longer than a screen.

    >>> one_line(UserError("first\\nsecond"))
    'first second'
    """
    # one that a loading process raised comes with that process' traceback before it
    text = str(error).rpartition("mia_plugins.errors.UserError: ")[2]
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def short(text: str) -> str:
    """A piece of the user's files for a message: printable, on one line, and not longer than one.

    >>> short("dia1_utt2"), short("two\\nlines"), len(short("x" * 5000))
    ('dia1_utt2', "'two\\\\nlines'", 80)
    """
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 80 else f"{text[:77]}..."
