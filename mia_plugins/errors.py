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
