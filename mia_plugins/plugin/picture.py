"""Pictures of finished runs: what a method is given to draw its own, and one look for all of them.

A method lists functions ``picture(group, request)`` under ``Method.pictures``; each returns the :class:`Picture` objects
it drew, none if the runs hold nothing for it to show. Matplotlib is imported when the first figure is opened::

    def losses(group: Group, request: PictureRequest) -> list[Picture]:
        with figure(4, 3) as drawn:
            drawn.subplots().plot([epoch["loss"] for epoch in group.first.record["history"]])
            return [save(drawn, request.folder, request.name("losses"), title="Losses", caption="A caption.")]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..errors import UserError
from ..system.files import make_folder, whole_file

if TYPE_CHECKING:
    import numpy as np

# Okabe and Ito's palette: colour-blind readers tell its colours apart. Nothing is ever told apart by colour alone.
BLUE, ORANGE, GREEN, RED, PURPLE, BLACK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#000000"
#: colour, marker and line style of several curves
SERIES = (
    (BLUE, "o", "-"),
    (RED, "s", "--"),
    (GREEN, "^", ":"),
    (PURPLE, "D", "-."),
    (ORANGE, "v", "-"),
    (BLACK, "x", "--"),
)
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
    "text.parse_math": False,  # a token such as "$x_{$" is a word, not a formula
}


class Constant(NamedTuple):
    """An array of ``Method.inspect`` without a row per clip, such as one with a row per label; it is kept as it is."""

    values: np.ndarray


class FinishedRun(Protocol):
    """One run as ``--save_results`` kept it.

    Attributes:
        record: ``run.json``: ``method``, ``dataset``, ``seed``, ``settings``, ``metrics`` in percent, ``history``.
        labels: the in-scope intents, by id.
        clips: of the test clips ``keys``, ``label_ids`` and ``tokens`` (a list of words each), in one order.
        inspection: the arrays of ``Method.inspect`` by name, their rows in the order of ``clips``; often empty.
    """

    @property
    def record(self) -> Mapping[str, Any]: ...

    @property
    def labels(self) -> Sequence[str]: ...

    @property
    def clips(self) -> Mapping[str, Any]: ...

    @property
    def inspection(self) -> Mapping[str, np.ndarray]: ...

    def array(self, name: str) -> np.ndarray | None:
        """``logits``, ``features``, ``y_true``, ``y_pred``, ``y_open`` or ``scores``; None where the run has none."""
        ...


class Group(Protocol):
    """Runs that differ in their seed alone; ``first`` has the lowest one, and ``title`` names them all."""

    @property
    def title(self) -> str: ...

    @property
    def runs(self) -> Sequence[FinishedRun]: ...

    @property
    def first(self) -> FinishedRun: ...


@dataclass(frozen=True)
class PictureRequest:
    """Where pictures go, and what the user asked to see.

    Args:
        folder: of the files.
        prefix: of their names.
        labels: intents that the user named; names that this data set lacks may be among them.
        clips: keys of clips that the user named; others may be among them.
    """

    folder: Path
    prefix: str
    labels: Sequence[str] = ()
    clips: Sequence[str] = ()

    def name(self, what: str) -> str:
        """A file name, without its ending.

        >>> PictureRequest(Path(), "1_amess").name("anchors of dia1/utt2")
        '1_amess_anchors_of_dia1_utt2'
        """
        return re.sub(r"[^\w.-]+", "_", f"{self.prefix}_{what}")[:120]


@dataclass(frozen=True)
class Picture:
    """A figure on disk as ``<name>.svg``, ``<name>.pdf`` and ``<name>.png``.

    Args:
        folder, name: of the files.
        title: what the figure shows, in one line; ideally its finding.
        caption: everything a reader needs to understand it.
    """

    folder: Path
    name: str
    title: str
    caption: str

    @property
    def svg(self) -> Path:
        """The vector file for pages."""
        return self.folder / f"{self.name}.svg"

    @property
    def pdf(self) -> Path:
        """The vector file for papers."""
        return self.folder / f"{self.name}.pdf"

    @property
    def png(self) -> Path:
        """The pixel file, with 300 dots per inch."""
        return self.folder / f"{self.name}.png"


def import_matplotlib() -> Any:
    """The library.

    Raises:
        UserError: it is not installed.
    """
    try:
        import matplotlib.figure
    except ImportError as error:
        raise UserError("pictures need matplotlib; pip install matplotlib") from error
    return matplotlib


@contextmanager
def figure(width: float, height: float) -> Iterator[Any]:
    """An empty matplotlib figure in the common style; sizes in inches.

    Raises:
        UserError: matplotlib is not installed.
    """
    matplotlib = import_matplotlib()
    with matplotlib.rc_context(RULES):
        yield matplotlib.figure.Figure(figsize=(width, height), layout="constrained")


def save(drawn: Any, folder: Path, name: str, *, title: str, caption: str) -> Picture:
    """Writes a figure as SVG, PDF and PNG; arguments as in :class:`Picture`."""
    picture = Picture(make_folder(folder), name, title, caption)
    undated: dict[Path, dict[str, Any]] = {
        picture.svg: {"metadata": {"Date": None}},
        picture.pdf: {"metadata": {"CreationDate": None}},
        picture.png: {"dpi": 300},
    }
    for _ in range(2):  # the first pass moves the axes, which may change the width of their tick labels
        drawn.draw_without_rendering()
    drawn.set_layout_engine("none")  # the layout is final; to redo it for every file takes most of the time
    for path, more in undated.items():
        with whole_file(path) as temporary:
            drawn.savefig(temporary, format=path.suffix[1:], **more)
    return picture
