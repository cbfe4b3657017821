"""One look for all figures: colours that colour-blind readers tell apart, always with a second sign beside colour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..system.files import make_folder, whole_file

# Okabe and Ito's palette
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000"),
)
SERIES = (
    (BLUE, "o", "-"),
    (RED, "s", "--"),
    (GREEN, "^", ":"),
    (PURPLE, "D", "-."),
    (ORANGE, "v", "-"),
    (BLACK, "x", "--"),
)
HEAT = "cividis"
RULES: Any = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "mia-plugins",  # the same data make the same file
    "figure.facecolor": "white",
}


@dataclass(frozen=True)
class Picture:
    """A figure on disk as ``<name>.svg`` and ``<name>.png``, with its caption."""

    folder: Path
    name: str
    caption: str

    @property
    def svg(self) -> Path:
        """The vector file."""
        return self.folder / f"{self.name}.svg"

    @property
    def png(self) -> Path:
        """The pixel file."""
        return self.folder / f"{self.name}.png"


@contextmanager
def figure(width: float, height: float) -> Iterator[Any]:
    """An empty matplotlib figure in the common style; sizes in inches.

    Raises:
        UserError: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("pictures need matplotlib; pip install 'mia-plugins[report]'") from error
    with matplotlib.rc_context(RULES):
        yield Figure(figsize=(width, height), layout="constrained")


def save(drawn: Any, folder: Path, name: str, caption: str) -> Picture:
    """Writes a figure as SVG and PNG."""
    picture = Picture(make_folder(folder), name, caption)
    for path, more in ((picture.svg, {"metadata": {"Date": None}}), (picture.png, {"dpi": 150})):
        with whole_file(path) as temporary:
            drawn.savefig(temporary, format=path.suffix[1:], **more)
    return picture
