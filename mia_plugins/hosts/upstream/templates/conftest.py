"""Keeps pytest from importing the templates: what they import is there inside a benchmark only."""

collect_ignore_glob = ["*.py"]
