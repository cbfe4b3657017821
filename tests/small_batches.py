"""A few clips of different lengths as one batch, and one of them alone."""

from mia_plugins.data.batches import collate
from mia_plugins.testing import tiny_data
from mia_plugins.testing.tiny import clip_dataset

CLIPS = 4


def tiny_batch(clips=CLIPS):
    """The first clips of the tiny data's test split."""
    dataset = clip_dataset(tiny_data(), "test")
    return collate([dataset[i] for i in range(clips)])


def one_clip(batch, clip):
    """One clip of a batch, without padding."""
    tokens = int(batch["text_feats"][clip, 1].sum())
    alone = {name: value[clip : clip + 1] for name, value in batch.items()}
    alone["text_feats"] = alone["text_feats"][..., :tokens]
    for name in ("video", "audio"):
        alone[f"{name}_feats"] = alone[f"{name}_feats"][:, : int(batch[f"{name}_lengths"][clip])]
    return alone
