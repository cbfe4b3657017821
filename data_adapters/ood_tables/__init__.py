"""Other data sets as out of scope, as the benchmarks allow: where their tables have the text and the clip's key.

The names are those of MMOIR and MIntOOD, ``IEMOCAP`` among them, which is MMOIR's for ``IEMOCAP-DA``. Each folder lies
beside the in-scope data set's, with its tables and features directly in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mia_plugins.data.adapter import OodTable


def three_parts(cells: Sequence[str]) -> str:
    """``S05_E15_248`` from season, episode and clip."""
    return "_".join(cells[:3])


def two_parts(cells: Sequence[str]) -> str:
    """``0_1`` from dialogue and utterance."""
    return "_".join(cells[:2])


def first_part(cells: Sequence[str]) -> str:
    """The turn's name."""
    return cells[0]


MINTREC = OodTable(text_column=3, key=three_parts)
MELD_DA = OodTable(text_column=2, key=two_parts)
IEMOCAP_DA = OodTable(text_column=1, key=first_part)

OF_MINTREC = {"MIntRec": MINTREC, "MIntRec-OOD": MINTREC, "TED-OOD": MINTREC}
OF_MELD_DA = {"MELD-DA": MELD_DA, "MELD-DA-OOD": MELD_DA}
OF_IEMOCAP_DA = {"IEMOCAP": IEMOCAP_DA, "IEMOCAP-DA": IEMOCAP_DA, "IEMOCAP-DA-OOD": IEMOCAP_DA}
