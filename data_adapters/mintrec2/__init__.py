"""MIntRec2.0 (Zhang et al., ICLR 2024): about 15,000 clips of dialogues, 30 intents and out-of-scope utterances."""

from __future__ import annotations

from collections.abc import Sequence

from mia_plugins.data.adapter import Adapter

# In the benchmark's order, which is the order of the label ids.
_LABELS = (
    *("Acknowledge", "Advise", "Agree", "Apologise", "Arrange"),
    *("Ask for help", "Asking for opinions", "Care", "Comfort", "Complain"),
    *("Confirm", "Criticize", "Doubt", "Emphasize", "Explain"),
    *("Flaunt", "Greet", "Inform", "Introduce", "Invite"),
    *("Joke", "Leave", "Oppose", "Plan", "Praise"),
    *("Prevent", "Refuse", "Taunt", "Thank", "Warn"),
)


def _key(cells: Sequence[str]) -> str:
    """``dia2_utt0`` from dialogue and utterance."""
    return f"dia{cells[0]}_utt{cells[1]}"


def _turn(cells: Sequence[str]) -> tuple[str, int, str]:
    """Dialogue, utterance and, where the table has the column, speaker."""
    return cells[0], int(cells[1]) if cells[1].isdecimal() else 0, cells[7] if len(cells) > 7 else ""


ADAPTER = Adapter(
    name="MIntRec2.0",
    labels=_LABELS,
    columns=4,  # Dialogue_id Utterance_id Text Label, then times, source and speaker
    text_column=2,
    label_column=3,
    key=_key,
    turn=_turn,
    max_lengths={"text": 50, "video": 180, "audio": 400},
    # First as MMOIR lays it out, data_path being the folder above, then as the MIntRec2.0 benchmark does.
    in_scope=("MIntRec2.0/in-scope", "in-scope"),
    out_of_scope=("MIntRec2.0/out-of-scope/{ood_dataset}", "out-of-scope/{ood_dataset}"),
    total=("MIntRec2.0/total", "total"),
    ood_dataset="MIntRec2.0-OOD",
    video_files={
        "swin-roi": ("swin_roi.pkl", "swin_roi_binary.pkl"),
        "swin-full": ("swin_feats.pkl",),
        "resnet-50": ("video_feats.pkl",),
    },
    audio_files={"wavlm": ("wavlm_feats.pkl", "wavlm_feats_binary.pkl"), "wav2vec2": ("audio_feats.pkl",)},
)
