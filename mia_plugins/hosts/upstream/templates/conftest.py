"""Keeps pytest from importing the templates: what they import is there inside a host only."""

collect_ignore_glob = ["*.py"]
