"""MAG-BERT equals the benchmarks' own, weight for weight; needs MIA_HOSTS, a folder with their checkouts."""

import pytest
from methods.against_host import Theirs, assert_same, needs_hosts

from mia_plugins.methods.mag_bert import METHOD

pytestmark = needs_hosts
CTC = "pred_output_position_inclu_blank."
NAMES = {
    "model.bert.embeddings.": "encoder.embeddings.",
    "model.bert.encoder.": "encoder.encoder.",
    "model.bert.pooler.": "pooler.",
    f"model.bert.MAG.alignNet.ctc_v.{CTC}": "mag.video_align.positions.",
    f"model.bert.MAG.alignNet.ctc_a.{CTC}": "mag.audio_align.positions.",
    "model.bert.MAG.W_hv.": "mag.video_gate.",
    "model.bert.MAG.W_ha.": "mag.audio_gate.",
    "model.bert.MAG.W_v.": "mag.video.",
    "model.bert.MAG.W_a.": "mag.audio.",
    "model.bert.MAG.LayerNorm.": "mag.norm.",
    "model.classifier.": "classifier.",
}


@pytest.mark.parametrize("beta", [0.005, 0.7])
@pytest.mark.parametrize(
    ("host", "package"), [("MMOIR", "backbones"), ("MIntRec2.0", "backbones.single_turn"), ("MIntRec", "backbones")]
)
def test_same_logits_losses_and_gradients(tmp_path, host, package, beta):
    theirs = Theirs(
        host=host,
        module=f"{package}.FusionNets.MAG_BERT",
        name="MAG_BERT",
        args={"method": "mag_bert", "beta_shift": beta, "dropout_prob": 0.5, "aligned_method": "ctc"},
        names=NAMES,
        unused=("model.bert.MAG.alignNet.ctc_t.",),  # the text has its own length already
    )
    assert_same(METHOD, {"beta_shift": beta, "aligned_method": "ctc"}, theirs, tmp_path)
