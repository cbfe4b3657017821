"""MulT equals the benchmarks' own, weight for weight; needs MIA_HOSTS, a folder with their checkouts."""

from dataclasses import replace

import pytest
from methods.against_host import Theirs, assert_same, differ, needs_hosts, split_joint_projections

from mia_plugins.methods.mult import METHOD
from mia_plugins.testing.tiny import AUDIO_LENGTH, TEXT_LENGTH, VIDEO_LENGTH

pytestmark = needs_hosts
FULL = (TEXT_LENGTH, VIDEO_LENGTH, AUDIO_LENGTH)
SETTINGS = {
    "dst_feature_dims": 8,
    "nheads": 2,
    "n_levels": 2,
    "attn_dropout": 0.1,
    "attn_dropout_v": 0.2,
    "attn_dropout_a": 0.3,
    "relu_dropout": 0.1,
    "embed_dropout": 0.1,
    "res_dropout": 0.1,
    "output_dropout": 0.1,
    "text_dropout": 0.1,
    "attn_mask": True,
    "conv1d_kernel_size_l": 5,
    "conv1d_kernel_size_v": 1,
    "conv1d_kernel_size_a": 2,
}
DROPOUTS = {name: 0.0 for name in SETTINGS if "dropout" in name}
LETTERS = {"l": "text", "a": "audio", "v": "video"}
LAYER = {
    "self_attn.query.": "query.",
    "self_attn.key.": "key.",
    "self_attn.value.": "value.",
    "self_attn.out_proj.": "out.",
    "fc1.": "inner.",
    "fc2.": "outer.",
    "layer_norms.0.": "attention_norm.",
    "layer_norms.1.": "feedforward_norm.",
}
TRANSFORMERS = {
    **{f"trans_{x}_with_{y}": f"cross.{LETTERS[x]}_from_{LETTERS[y]}" for x in LETTERS for y in LETTERS if x != y},
    **{f"trans_{x}_mem": f"top.{LETTERS[x]}" for x in LETTERS},
}
NAMES = {
    "text_subnet.bert.embeddings.": "encoder.embeddings.",
    "text_subnet.bert.encoder.": "encoder.encoder.",
    **{f"proj_{letter}.": f"project.{name}.conv." for letter, name in LETTERS.items()},
    **{
        f"{theirs}.layers.{i}.{part}": f"{ours}.layers.{i}.{our_part}"
        for theirs, ours in TRANSFORMERS.items()
        for i in range(3)
        for part, our_part in LAYER.items()
    },
    **{f"{theirs}.layer_norm.": f"{ours}.norm." for theirs, ours in TRANSFORMERS.items()},
    "proj1.": "inner.",
    "proj2.": "outer.",
    "out_layer.": "classifier.",
}
BUFFERS = tuple(f"{name}.{rest}" for name in TRANSFORMERS for rest in ("version", "embed_positions."))


def theirs(host, **args):
    package = "backbones.single_turn" if host == "MIntRec2.0" else "backbones"
    return Theirs(
        host=host,
        module=f"{package}.FusionNets.MULT",
        name="MULT",
        args={"method": "mult", **SETTINGS, **DROPOUTS, **args},
        names=NAMES,
        unused=("text_subnet.bert.pooler.", *BUFFERS),
        rename=split_joint_projections,
    )


@pytest.mark.parametrize("attn_mask", [True, False])
@pytest.mark.parametrize("host", ["MMOIR", "MIntRec2.0", "MIntRec"])
def test_same_logits_losses_and_gradients(tmp_path, host, attn_mask):
    settings = {**SETTINGS, "attn_mask": attn_mask, "host": True}
    assert_same(METHOD, settings, theirs(host, attn_mask=attn_mask), tmp_path)


def test_without_padding_the_default_is_the_same(tmp_path):
    assert_same(METHOD, SETTINGS, theirs("MMOIR"), tmp_path, lengths=[FULL] * 4)


def test_a_projection_is_left_out_where_the_width_is_right(tmp_path):
    settings = {**SETTINGS, "dst_feature_dims": 16, "host": True}
    network = theirs("MMOIR", dst_feature_dims=16)
    names = {name: ours for name, ours in NAMES.items() if name != "proj_l."}
    network = replace(network, names=names, unused=(*network.unused, "proj_l."))
    assert_same(METHOD, settings, network, tmp_path)


def test_the_benchmark_reads_padding(tmp_path):
    lengths = [FULL, (3, 1, 5), (7, 4, 1)]
    gap = differ(METHOD, SETTINGS, theirs("MMOIR"), tmp_path, lengths=lengths)
    assert gap[0] < 1e-4
    assert (gap[1:] > 1e-3).all()
