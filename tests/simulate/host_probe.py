"""What a host's own data manager makes of some data sets: ``python host_probe.py MODULE OUT OPTIONS...``, inside the host.

MODULE holds the data manager, and each of OPTIONS is the options of one data set as JSON. For every clip of every split
OUT gets the label id and, of video and audio, the sum of every frame that is not padding.
"""

import json
import pickle
import sys
from importlib import import_module
from types import SimpleNamespace

import numpy as np

COMMON = {
    "logger_name": "x",
    "clustering": False,
    "dialogue_mode": "single_turn",
    "method": "mag_bert",
    "aug": False,
    "data_mode": "multi-class",
    "text_backbone": "bert-base-uncased",
    "video_data_path": "video_data",
    "audio_data_path": "audio_data",
    "train_batch_size": 4,
    "eval_batch_size": 4,
    "num_workers": 0,
    "padding_mode": "zero",
    "padding_loc": "end",
}


def clip(sample):
    """The label id, and of both modalities the frames that are not padding."""
    found = [int(sample["label_ids"])]
    for name in ("video", "audio"):
        values = np.asarray(sample[f"{name}_feats"])
        frames = int(values.any(axis=1).sum())  # frames of zeros are padding
        assert not values[frames:].any()
        assert frames == int(sample.get(f"{name}_lengths", frames))
        found.append(values[:frames].sum(axis=1).tolist())
    return found


def main(module, out, *chosen):
    results = []
    for text in chosen:
        args = SimpleNamespace(**{**COMMON, **json.loads(text)})
        manager = import_module(module).DataManager(args)
        splits = manager.mm_data if hasattr(manager, "mm_data") else manager.data
        results.append({name: [clip(split[i]) for i in range(len(split))] for name, split in splits.items()})
    with open(out, "wb") as file:
        pickle.dump(results, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
