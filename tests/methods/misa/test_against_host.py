"""MISA equals MIntRec's own, weight for weight; needs MIA_HOSTS, a folder with the checkout."""

import pytest
from methods.against_host import Theirs, assert_same, differ, needs_hosts

from mia_plugins.methods.misa import METHOD

pytestmark = needs_hosts
SETTINGS = {
    "hidden_size": 8,
    "dropout_rate": 0.1,
    "reverse_grad_weight": 0.8,
    "diff_weight": 0.7,
    "sim_weight": 0.4,
    "recon_weight": 0.6,
}
RAGGED = ((10, 10, 14), (3, 1, 5), (7, 4, 1), (5, 9, 2), (9, 2, 13), (4, 6, 8))  # no text longer than the most frames
LETTERS = {"t": "text", "v": "video", "a": "audio"}
NAMES = {
    "text_subnet.bert.embeddings.": "encoder.embeddings.",
    "text_subnet.bert.encoder.": "encoder.encoder.",
    **{f"{x}rnn1.": f"{LETTERS[x]}.first." for x in "va"},
    **{f"{x}rnn2.": f"{LETTERS[x]}.second." for x in "va"},
    **{f"{x}layer_norm.": f"{LETTERS[x]}.norm." for x in "va"},
    **{f"project_{x}.project_{x}.": f"project.{i}.0." for i, x in enumerate(LETTERS)},
    **{f"project_{x}.project_{x}_layer_norm.": f"project.{i}.2." for i, x in enumerate(LETTERS)},
    **{f"private_{x}.private_{x}_{3 if x == 'a' else 1}.": f"private.{i}." for i, x in enumerate(LETTERS)},
    "shared.shared_1.": "shared.",
    **{f"recon_{x}.recon_{x}_1.": f"decoder.{i}." for i, x in enumerate(LETTERS)},
    "discriminator.discriminator_layer_1.": "discriminator.0.",
    "discriminator.discriminator_layer_2.": "discriminator.3.",
    "transformer_encoder.layers.0.": "transformer.",
    "fusion.fusion_layer_1.": "fusion.0.",
    "fusion.fusion_layer_3.": "classifier.",
}


def theirs(use_cmd_sim):
    return Theirs(
        host="MIntRec",
        module="backbones.FusionNets.MISA",
        name="MISA",
        args={"method": "misa", "rnncell": "lstm", "use_cmd_sim": use_cmd_sim, **SETTINGS},
        names=NAMES,
        # the second discriminator is computed and enters no loss; a normalization for text is never called
        unused=("text_subnet.bert.pooler.", "sp_discriminator.", "tlayer_norm."),
        losses="misa",
    )


@pytest.mark.parametrize("use_cmd_sim", [True, False])
def test_same_logits_losses_and_gradients(tmp_path, use_cmd_sim):
    settings = {**SETTINGS, "use_cmd_sim": use_cmd_sim, "host": True}
    assert_same(METHOD, settings, theirs(use_cmd_sim), tmp_path, RAGGED)


def test_with_as_many_frames_as_tokens_the_default_is_the_same(tmp_path):
    assert_same(METHOD, SETTINGS, theirs(True), tmp_path, lengths=[(n, n, n) for n in (10, 3, 7, 5)])


def test_the_benchmark_reads_as_many_frames_as_there_are_tokens(tmp_path):
    gap = differ(METHOD, SETTINGS, theirs(True), tmp_path, lengths=[(5, 5, 5), (3, 9, 13), (9, 2, 4)])
    assert gap[0] < 1e-4
    assert (gap[1:] > 1e-3).all()
