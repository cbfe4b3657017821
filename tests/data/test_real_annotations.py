"""The published annotations of MIntRec and MIntRec2.0, in every benchmark's layout; skipped where they are not at hand."""

import numpy as np
import pytest

from mia_plugins.data.clips import load_clips
from mia_plugins.data.places import Scope
from mia_plugins.data.splits import leaks, read_split
from mia_plugins.data.tables import read_table
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2


def test_what_is_read_of_other_data_sets_tables(shared):
    """Real annotations hold none of what is refused, and no clip in two splits."""
    for adapter in (MINTREC, MINTREC2):
        scope = Scope(shared / "data" / adapter.name, mixed=False)
        ids = {label: i for i, label in enumerate(adapter.labels)}
        assert leaks({name: read_split(adapter, scope, name, ids) for name in ("train", "dev")}) == ()


@pytest.mark.parametrize(
    ("layout", "adapter", "folder", "ood", "files"),
    [
        ("mintrec", MINTREC, "", False, {"video_feats.pkl", "audio_feats.pkl"}),
        ("mintrec", MINTREC, "MIntRec", False, {"video_feats.pkl", "audio_feats.pkl"}),
        ("mmoir", MINTREC2, "", True, {"swin_roi.pkl", "wavlm_feats.pkl"}),
        ("mmoir", MINTREC2, "MIntRec2.0", True, {"swin_roi.pkl", "wavlm_feats.pkl"}),
        ("mintrec2", MINTREC2, "MIntRec2.0", True, {"swin_roi_binary.pkl", "wavlm_feats_binary.pkl"}),
        ("mintrec2", MINTREC2, "", True, {"swin_roi_binary.pkl", "wavlm_feats_binary.pkl"}),
    ],
)
def test_real_annotations_in_every_layout(planted, layout, adapter, folder, ood, files):
    data = load_clips(adapter, planted(layout) / folder, train_ood=ood, test_ood=ood)
    assert {path.name for path in data.sources if path.suffix == ".pkl"} == files
    assert (data.video_dim, data.audio_dim) == (256, 768)
    assert sum(map(len, data.splits.values())) == 240
    for clips in data.splits.values():
        for frames, kind in ((clips.video, "video"), (clips.audio, "audio")):
            assert all(clip.dtype == np.float32 and 6 <= len(clip) <= adapter.max_lengths[kind] for clip in frames)


def test_every_real_label_is_known(shared):
    for adapter in (MINTREC, MINTREC2):
        for split in ("train", "dev"):
            table = read_table(shared / "data" / adapter.name / f"{split}.tsv", adapter.columns)
            assert {row.cells[adapter.label_column] for row in table} == set(adapter.labels)
