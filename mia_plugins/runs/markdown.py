"""Tables and texts in Markdown."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], bold: Collection[tuple[int, int]] = ()) -> str:
    """A Markdown table; all but the first column are aligned right, and the cells (row, column) of ``bold`` are bold.

    >>> print(markdown_table(["", "ACC"], [["a|b", "1"]]))
    |  | ACC |
    |---|---:|
    | a\\|b | 1 |
    """
    cells = [list(map(markdown_text, line)) for line in (header, *rows)]
    for row, column in bold:
        cells[row + 1][column] = f"**{cells[row + 1][column]}**"
    text = ["| " + " | ".join(line) + " |" for line in cells]
    return "\n".join([text[0], "|---|" + "---:|" * (len(header) - 1), *text[1:]])


def markdown_text(text: str) -> str:
    r"""A text on one line of Markdown, so that it reads as it is: no HTML, no markup, no end of a table's cell.

    >>> print(markdown_text("<b>|x*[y](z) weighted_f1"))
    &lt;b&gt;\|x\*\[y\](z) weighted_f1
    """
    escaped = re.sub(r"([\\`*\[\]|~]|(?<!\w)_|_(?!\w)|^[#+-])", r"\\\1", " ".join(text.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
