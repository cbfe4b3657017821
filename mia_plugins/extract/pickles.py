"""The benchmarks' files from an extraction: one pickled dict of clip key -> frames for each modality."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..simulate.pickles import FeatureFile
from ..system.array_files import read_array
from ..system.files import whole_file
from .output import MODALITIES, Output

# by the last part of a backbone's name; any other backbone gives its own name to the file
NAMES = {
    "swin": "swin_feats.pkl",
    "wavlm": "wavlm_feats.pkl",
    "wav2vec2": "audio_feats.pkl",
    "resnet": "video_feats.pkl",
}


def write_pickles(output: Output) -> list[Path]:
    """Writes ``video_data/`` and ``audio_data/`` with the features of all finished clips, in the order of their keys.

    Returns:
        The files.
    """
    written = []
    for modality in MODALITIES:
        settings = output.settings.get(modality)
        if settings is None:
            continue
        path = output.folder / f"{modality}_data" / file_name(settings["backbone"])
        with whole_file(path) as temporary, FeatureFile(temporary) as file:
            for key in sorted(output.clips):
                if output.clips[key].get(f"{modality}_frames"):
                    file.add(key, np.asarray(read_array(output.place(modality, key)), np.float32))
        written.append(path)
    return written


def file_name(backbone: str) -> str:
    """The name that the benchmarks give to a backbone's features.

    >>> file_name("microsoft/swin-base-patch4-window7-224"), file_name("efficientnet-lite0")
    ('swin_feats.pkl', 'efficientnet-lite0_feats.pkl')
    """
    short = Path(backbone.rstrip("/")).name
    return next((name for start, name in NAMES.items() if short.startswith(start)), f"{short}_feats.pkl")
