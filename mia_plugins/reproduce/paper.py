"""Figures the paper prints (arXiv 2503.19474, tables I to IV; test sets, in percent), to stand beside measured ones."""

from __future__ import annotations

from ..evaluation.metrics import headings

IN_SCOPE = headings("acc", "f1", "prec", "rec")
OPEN_SET = headings("oid_acc", "f1-known", "f1-open", "oid_f1")
DESCRIPTIONS = headings("acc", "f1")

TABLE1 = {
    "MIntRec": {
        "MAG-BERT": (72.65, 68.64, 69.08, 69.28),
        "MulT": (72.52, 69.25, 70.25, 69.24),
        "TCL-MAP": (73.54, 69.48, 71.09, 70.27),
        "CAGC": (73.39, 70.09, 71.21, 70.39),
        "A-MESS": (74.12, 70.49, 72.95, 69.94),
    },
    "MIntRec2.0": {
        "MAG-BERT": (60.58, 55.17, 57.78, 55.10),
        "MulT": (60.66, 54.12, 58.02, 53.77),
        "TCL-MAP": (61.97, 56.09, 58.14, 53.42),
        "A-MESS": (62.39, 55.91, 60.10, 55.93),
    },
}
TABLE2 = {
    "MIntRec2.0": {
        "MAG-BERT": (56.20, 47.52, 62.47, 48.00),
        "MulT": (56.00, 46.88, 61.66, 47.35),
        "A-MESS": (56.81, 49.03, 63.42, 49.31),
    }
}
TABLE3 = {
    "MIntRec": {
        "A-MESS": (74.12, 70.49, 72.95, 69.94),
        "without A-ME": (73.24, 69.58, 70.07, 69.09),
        "without SS": (72.88, 68.87, 69.30, 69.39),
        "without both": (71.95, 68.34, 68.78, 69.08),
    }
}
TABLE4 = {
    "MIntRec": {
        "2 descriptions": (73.83, 70.11),
        "3 descriptions": (74.12, 70.49),
        "5 descriptions": (74.07, 70.29),
        "8 descriptions": (73.78, 70.07),
    }
}
# Fig. 4 prints no numbers; its best point, k = 8, is the result of table I.
FIG4 = {name: {"k = 8": rows["A-MESS"][:2]} for name, rows in TABLE1.items()}

# Printed elsewhere, ACC and macro F1 in scope: in the papers of the data sets, for what table I does not have ...
ELSEWHERE = {
    "MIntRec": {"MISA": (72.29, 69.32), "Text only": (70.88, 67.40)},
    "MIntRec2.0": {"MISA": (55.16, 49.51)},
}
# ... and by an independent re-run of several methods in one set-up (ECFMIR, AAAI 2026; bert-base, wav2vec2, Swin)
RERUN: dict[str, dict[str, tuple[float, ...]]] = {
    "MIntRec": {"MAG-BERT": (69.89,), "MulT": (71.46,), "MISA": (71.46,), "TCL-MAP": (72.36,)},
    "MIntRec2.0": {
        "MAG-BERT": (55.98, 50.29),
        "MulT": (57.75, 51.34),
        "MISA": (56.76, 51.76),
        "TCL-MAP": (45.11, 44.69),
    },
}
