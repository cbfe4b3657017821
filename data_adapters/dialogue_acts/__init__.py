"""MELD-DA and IEMOCAP-DA (EMOTyDA, Saha et al., ACL 2020): the 11 dialogue acts of turns of real dialogues."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mia_plugins.data.adapter import Adapter
from mia_plugins.data_adapters.ood_tables import OF_IEMOCAP_DA, OF_MELD_DA, OF_MINTREC, first_part, two_parts

# In the benchmarks' order, which is the order of the label ids, each by its code in the tables.
_CODES = {
    "g": "Greeting",
    "q": "Question",
    "ans": "Answer",
    "o": "Statement Opinion",
    "s": "Statement Non Opinion",
    "ap": "Apology",
    "c": "Command",
    "ag": "Agreement",
    "dag": "Disagreement",
    "a": "Acknowledge",
    "b": "Backchannel",
}
_VIDEO = {"swin-full": ("swin_feats.pkl",), "swin-roi": ("swin_roi.pkl",), "resnet-50": ("video_feats.pkl",)}
_AUDIO = {"wavlm": ("wavlm_feats.pkl",), "wav2vec2": ("audio_feats.pkl",)}
_TURN = re.compile(r"(.+)_(([FM])\w*?)(\d+)")


def meld_turn(cells: Sequence[str]) -> tuple[str, int, str]:
    """Dialogue, turn and speaker of a row of MELD-DA; without the column the speaker is unknown.

    >>> meld_turn(["0", "3", "So.", "s", "neutral", "The Interviewer", "8", "21"])
    ('0', 3, 'The Interviewer')
    """
    return cells[0], int(cells[1]) if cells[1].isdecimal() else 0, cells[5] if len(cells) > 5 else ""


def iemocap_turn(cells: Sequence[str]) -> tuple[str, int, str]:
    """Dialogue, turn and speaker from the name of a turn of IEMOCAP-DA.

    Each of the two speakers counts turns of their own, so that turns of both with one number are taken for neighbours.

    >>> iemocap_turn(["Ses03F_script03_2_F036"]), iemocap_turn(["Ses03F_script03_2_M036"])
    (('Ses03F_script03_2', 72, 'F'), ('Ses03F_script03_2', 73, 'M'))
    """
    found = _TURN.fullmatch(cells[0])
    if found is None:
        return cells[0], 0, ""
    return found[1], 2 * int(found[4]) + (found[3] == "M"), found[3]


MELD_DA = Adapter(
    name="MELD-DA",
    labels=tuple(_CODES.values()),
    codes=_CODES,
    columns=4,  # Dialogue_ID Utterance_ID Utterance Dialogue_Act, then Emotion Speaker Season Episode
    text_column=2,
    label_column=3,
    key=two_parts,
    turn=meld_turn,
    max_lengths={"text": 70, "video": 250, "audio": 530},
    in_scope=("MELD-DA", "."),
    tables="non_OOD",
    out_of_scope=("{ood_dataset}", "../{ood_dataset}"),
    ood_dataset="MELD-DA-OOD",
    ood_label="oth",
    ood_tables={**OF_MINTREC, **OF_IEMOCAP_DA},
    video_files=_VIDEO,
    audio_files=_AUDIO,
)

IEMOCAP_DA = Adapter(
    name="IEMOCAP-DA",
    labels=tuple(_CODES.values()),
    codes=_CODES,
    columns=3,  # TURN UTTERANCE DA, then EMOTION
    text_column=1,
    label_column=2,
    key=first_part,
    turn=iemocap_turn,
    max_lengths={"text": 44, "video": 230, "audio": 380},
    in_scope=("IEMOCAP-DA", "."),
    tables="non_OOD",
    out_of_scope=("{ood_dataset}", "../{ood_dataset}"),
    ood_dataset="IEMOCAP-DA-OOD",
    ood_label="oth",
    ood_tables={**OF_MINTREC, **OF_MELD_DA},
    video_files=_VIDEO,
    audio_files=_AUDIO,
)
