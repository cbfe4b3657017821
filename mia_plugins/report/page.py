"""A page of headings, text, tables and pictures, as one self-contained HTML file and as Markdown."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ..plugin.picture import Picture
from ..runs.tables import markdown_table, markdown_text
from ..system.files import whole_file

CSS = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1, h2, h3 { line-height: 1.2; margin: 2rem 0 .6rem }
h2 { border-bottom: 1px solid #ccc; padding-bottom: .2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .85rem; margin: .6rem 0 1.2rem }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap }
th:first-child, td:first-child { text-align: left; white-space: normal }
th { border-bottom: 2px solid #888 }
figure { margin: 1rem 0 1.6rem }
img { max-width: 100%; height: auto }
figcaption { font-size: .85rem; color: #444 }
"""


@dataclass
class Page:
    """Blocks in order; both renderings show the same."""

    title: str
    blocks: list[tuple[str, str]] = field(default_factory=list)
    folder: Path = Path()
    problems: list[str] = field(default_factory=list)

    @property
    def figures(self) -> Path:
        """The folder of the pictures."""
        return self.folder / "figures"

    def problem(self, line: str) -> None:
        """Something that is left out; said once, at the head of the page."""
        if line not in self.problems:
            self.problems.append(line)

    def heading(self, text: str, level: int = 2) -> None:
        """A heading."""
        self.blocks.append((f"<h{level}>{html.escape(text)}</h{level}>", f"{'#' * level} {markdown_text(text)}"))

    def text(self, text: str) -> None:
        """A paragraph."""
        self.blocks.append((f"<p>{html.escape(text)}</p>", markdown_text(text)))

    def items(self, lines: Sequence[str]) -> None:
        """A list."""
        self.blocks += self.listed(lines)

    def listed(self, lines: Sequence[str]) -> list[tuple[str, str]]:
        """The block of a list; none of an empty one."""
        if not lines:
            return []
        rows = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return [(f"<ul>{rows}</ul>", "\n".join(f"- {markdown_text(line)}" for line in lines))]

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table."""
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in rows)
        block = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        self.blocks.append((block, markdown_table(header, rows)))

    def picture(self, picture: Picture | None) -> None:
        """A figure with its caption; the HTML carries the SVG inside, as an image, so that no ids can clash."""
        if picture is None:
            return
        data = base64.b64encode(picture.svg.read_bytes()).decode()
        title, caption = html.escape(picture.title), html.escape(picture.caption)
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{caption}">'
        path = Path(os.path.relpath(picture.png, self.folder)).as_posix()
        text = markdown_text(picture.caption)
        block = f"<figure>{image}<figcaption><b>{title}.</b> {caption}</figcaption></figure>"
        self.blocks.append((block, f"![{text}]({quote(path)})\n\n**{markdown_text(picture.title)}.** {text}"))

    def write(self) -> list[Path]:
        """Writes ``index.html`` and ``report.md``."""
        title = html.escape(self.title)
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        blocks = [*self.listed(self.problems), *self.blocks]
        body = "\n".join(block for block, _ in blocks)
        page = f'<!doctype html>\n<html lang="en"><head>{head}<style>{CSS}</style></head>\n<body><h1>{title}</h1>\n{body}\n'
        text = "\n\n".join([f"# {markdown_text(self.title)}", *(block for _, block in blocks)])
        paths = [self.folder / "index.html", self.folder / "report.md"]
        for path, content in zip(paths, (page + "</body></html>\n", text + "\n")):
            with whole_file(path) as temporary:
                temporary.write_text(content, encoding="utf-8")
        return paths
