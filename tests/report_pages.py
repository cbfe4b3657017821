"""A report over a folder of runs that a test has written."""

from mia_plugins.cli import main

PAGES = ("index.html", "report.md")


def report(root, *more):
    """The exit code, the page and the Markdown of a report over ``root``."""
    out = root / "out"
    code = main(["report", str(root / "runs"), "-o", str(out), *more])
    texts = [(out / name).read_text(encoding="utf-8") if (out / name).exists() else "" for name in PAGES]
    return code, *texts
