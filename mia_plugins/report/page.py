"""A page of headings, text, tables and pictures, as one self-contained HTML file and as Markdown."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ..plugin.picture import Picture
from ..runs.markdown import markdown_table, markdown_text
from ..system.files import whole_file
from .style import CSS

CONTENTS = 3  # levels of headings in the contents


@dataclass
class Page:
    """Blocks in order, each as HTML and as Markdown; both renderings show the same.

    Args:
        title: of the page.
        folder: where it is written; pictures go to ``figures`` below it.
        problems: what is left out, said once at the head of the page.
    """

    title: str
    folder: Path = Path()
    problems: list[str] = field(default_factory=list)
    blocks: list[tuple[str, str]] = field(default_factory=list)
    contents: list[tuple[int, str]] = field(default_factory=list)

    @property
    def figures(self) -> Path:
        """The folder of the pictures."""
        return self.folder / "figures"

    def problem(self, line: str) -> None:
        """Something that is left out."""
        if line not in self.problems:
            self.problems.append(line)

    def heading(self, text: str, level: int = 2) -> None:
        """A heading, and its line in the contents."""
        self.contents.append((level, text))
        block = f'<h{level} id="s{len(self.contents)}">{html.escape(text)}</h{level}>'
        self.blocks.append((block, f"{'#' * level} {markdown_text(text)}"))

    def text(self, text: str) -> None:
        """A paragraph."""
        self.blocks.append((f"<p>{html.escape(text)}</p>", markdown_text(text)))

    def items(self, lines: Sequence[str]) -> None:
        """A list."""
        self.blocks += listed(lines)

    def code(self, lines: Sequence[str]) -> None:
        """Lines to copy, such as commands."""
        text = html.escape("\n".join(lines))
        # Markdown takes HTML as it is; entities keep renderers that look for markup inside from finding any
        plain = "".join(f"&#{ord(letter)};" if letter in "[]`*_|~" else letter for letter in text)
        self.blocks.append((f"<pre>{text}</pre>", f"<pre>{plain}</pre>"))

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], bold: Collection[tuple[int, int]] = ()
    ) -> None:
        """A table; ``bold`` are the rows and columns of cells to be marked."""
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
        lines = []
        for i, row in enumerate(rows):
            cells = [f"<b>{html.escape(c)}</b>" if (i, j) in bold else html.escape(c) for j, c in enumerate(row)]
            lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        block = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
        self.blocks.append((block, markdown_table(header, rows, bold)))

    def links(self, targets: Sequence[tuple[str, Path]]) -> None:
        """A line of links to files and folders."""
        places = [(text, self.relative(path)) for text, path in targets]
        block = " · ".join(f'<a href="{place}">{html.escape(text)}</a>' for text, place in places)
        text = " · ".join(f"[{markdown_text(text)}]({place})" for text, place in places)
        self.blocks.append((f'<p class="soft">{block}</p>', text))

    def picture(self, picture: Picture | None) -> None:
        """A figure with its finding and caption; the HTML carries the SVG inside, as an image, so that no ids clash."""
        if picture is None:
            return
        data = base64.b64encode(picture.svg.read_bytes()).decode()
        title, caption = html.escape(picture.title), html.escape(picture.caption)
        files = " · ".join(
            f'<a href="{self.relative(path)}">{path.suffix[1:].upper()}</a>'
            for path in (picture.svg, picture.pdf, picture.png)
        )
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{title}. {caption}">'
        shown = f'<p class="finding">{title}</p><div class="wide">{image}</div>'
        block = f"<figure>{shown}<figcaption>{caption} {files}</figcaption></figure>"
        finding, link = markdown_text(picture.title), self.relative(picture.png)
        self.blocks.append((block, f"**{finding}**\n\n![{finding}]({link})\n\n{markdown_text(picture.caption)}"))

    def relative(self, path: Path) -> str:
        """The way from the page to a file, as a link."""
        try:
            return quote(Path(os.path.relpath(path, self.folder)).as_posix())
        except ValueError:  # on another drive
            return path.resolve().as_uri()

    def write(self) -> list[Path]:
        """Writes ``index.html`` and ``report.md``."""
        title = html.escape(self.title)
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        blocks = [*listed(self.problems, "problems"), *self.blocks]
        lines = "".join(
            f'<li{" class=sub" if level > 2 else ""}><a href="#s{i}">{html.escape(text)}</a></li>'
            for i, (level, text) in enumerate(self.contents, 1)
            if level <= CONTENTS
        )
        nav = f"<nav><details open><summary>Contents</summary><ul>{lines}</ul></details></nav>"
        body = f"<main><h1>{title}</h1>\n" + "\n".join(block for block, _ in blocks) + "\n</main>"
        page = (
            f'<!doctype html>\n<html lang="en"><head>{head}<style>{CSS}</style></head>\n'
            f'<body><div class="layout">{nav}\n{body}</div></body></html>\n'
        )
        text = "\n\n".join([f"# {markdown_text(self.title)}", *(block for _, block in blocks)])
        paths = [self.folder / "index.html", self.folder / "report.md"]
        for path, content in zip(paths, (page, text + "\n")):
            with whole_file(path) as temporary:
                temporary.write_text(content, encoding="utf-8", errors="replace")
        return paths


def listed(lines: Sequence[str], kind: str = "") -> list[tuple[str, str]]:
    """The block of a list; none of an empty one."""
    if not lines:
        return []
    rows = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    mark = f' class="{kind}"' if kind else ""
    return [(f"<ul{mark}>{rows}</ul>", "\n".join(f"- {markdown_text(line)}" for line in lines))]
