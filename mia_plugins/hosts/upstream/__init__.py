"""A method as a patch that a host's maintainers could merge."""
