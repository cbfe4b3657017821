"""The one kind of error a user is meant to read."""


class UserError(Exception):
    """Something in the user's files, options or machine is wrong.

    The message is one line that names the file, the row or clip, and the remedy. The command line prints it without
    a traceback and ends with exit code 2.
    """
