"""MIntRec (Zhang et al., ACM MM 2022): 2,224 clips of one series, 20 intents, two coarse ones."""

from __future__ import annotations

from collections.abc import Sequence

from mia_plugins.data.adapter import Adapter
from mia_plugins.data_adapters.ood_tables import OF_IEMOCAP_DA, OF_MELD_DA

# In the benchmark's order, which is the order of the label ids, each with its coarse label.
_LABELS = {
    "Complain": "Emotion",
    "Praise": "Emotion",
    "Apologise": "Emotion",
    "Thank": "Emotion",
    "Criticize": "Emotion",
    "Agree": "Emotion",
    "Taunt": "Emotion",
    "Flaunt": "Emotion",
    "Joke": "Emotion",
    "Oppose": "Emotion",
    "Comfort": "Goal",
    "Care": "Emotion",
    "Inform": "Goal",
    "Advise": "Goal",
    "Arrange": "Goal",
    "Introduce": "Goal",
    "Leave": "Goal",
    "Prevent": "Goal",
    "Greet": "Goal",
    "Ask for help": "Goal",
}


def _key(cells: Sequence[str]) -> str:
    """``S05_E15_248`` from season, episode and clip."""
    return "_".join(cells[:3])


ADAPTER = Adapter(
    name="MIntRec",
    labels=tuple(_LABELS),
    columns=5,  # season episode clip text label
    text_column=3,
    label_column=4,
    key=_key,
    max_lengths={"text": 30, "video": 230, "audio": 480},
    in_scope=("MIntRec", "."),
    out_of_scope=("{ood_dataset}", "../{ood_dataset}"),  # the second, if data_path is the data set's own folder
    ood_dataset="MIntRec-OOD",
    video_files={"resnet-50": ("video_feats.pkl",), "swin-roi": ("swin_roi.pkl",), "swin-full": ("swin_feats.pkl",)},
    audio_files={"wav2vec2": ("audio_feats.pkl",), "wavlm": ("wavlm_feats.pkl",)},
    binary_map=_LABELS,
    ood_tables={**OF_MELD_DA, **OF_IEMOCAP_DA},
)
