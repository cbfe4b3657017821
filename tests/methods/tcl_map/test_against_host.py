"""TCL-MAP with the setting ``host`` equals MMOIR's own, weight for weight; needs MIA_HOSTS, a folder with checkouts."""

from dataclasses import replace

import torch
from methods.against_host import CLOSE, Theirs, assert_same, differ, needs_hosts, split_joint_projections

from mia_plugins.methods.tcl_map import METHOD
from mia_plugins.testing.tiny import LABELS, TEXT_LENGTH, tiny_tokenizer

pytestmark = needs_hosts
CTC, LABEL_LENGTH, PROMPT_LENGTH = "ctc.pred_output_position_inclu_blank.", 4, 3
SHARED, LAYERS = 8, 2
ALIGNMENT = {"proj_x.": "frames.", "proj_y.": "context.", "fc1.": "narrow.", "fc2.": "widen.", "logit_scale": "scale"}
NAMES = {
    "ctx": "prompt.vectors",
    "model.classifier.": "classifier.",
    "model.bert.embeddings.": "encoder.embeddings.",
    "model.bert.encoder.": "encoder.encoder.",
    "model.bert.pooler.": "pooler.",
    "cons_model.embeddings.": "labelled_encoder.embeddings.",
    "cons_model.encoder.": "labelled_encoder.encoder.",
    "model.bert.MAG.W_hv.": "mag.video_gate.",
    "model.bert.MAG.W_ha.": "mag.audio_gate.",
    "model.bert.MAG.W_v.": "mag.video.",
    "model.bert.MAG.W_a.": "mag.audio.",
    "model.bert.MAG.LayerNorm.": "mag.norm.",
    "model.bert.gamma": "prompt.gamma",
    "model.bert.text_proj.": "prompt.text.",
    "model.bert.video_proj.": "prompt.video.",
    "model.bert.audio_proj.": "prompt.audio.",
    "model.bert.out_proj.": "prompt.out.",
    "model.bert.trans_a_with_l.layer_norm.": "prompt.transformer.norm.",
}
for short, kind in (("t", "text"), ("v", "video"), ("a", "audio")):
    NAMES[f"model.bert.alignNet.sim_{short}.{CTC}"] = f"prompt.{kind}_align.align.positions."
    if kind != "text":  # which has its own length already
        NAMES[f"model.bert.MAG.alignNet.{CTC.replace('.', f'_{short}.', 1)}"] = f"mag.{kind}_align.positions."
    for theirs, ours in ALIGNMENT.items():
        NAMES[f"model.bert.alignNet.sim_{short}.{theirs}"] = f"prompt.{kind}_align.{ours}"
for layer in range(LAYERS):
    start, ours = f"model.bert.trans_a_with_l.layers.{layer}.", f"prompt.transformer.layers.{layer}."
    NAMES[f"{start}self_attn."] = ours
    NAMES[f"{start}self_attn.out_proj."] = f"{ours}out."
    NAMES[f"{start}fc1."], NAMES[f"{start}fc2."] = f"{ours}inner.", f"{ours}outer."
    NAMES[f"{start}layer_norms.0."] = f"{ours}attention_norm."
    NAMES[f"{start}layer_norms.1."] = f"{ours}feedforward_norm."


def as_theirs(batch, label_ids):
    """The batch as MMOIR's data manager makes it: the text once with masks and once with the label behind its words."""
    tokenizer = tiny_tokenizer()
    unknown, mask = tokenizer.convert_tokens_to_ids(["MASK", "[MASK]"])  # the former is no word of the vocabulary
    texts = torch.zeros(2, len(label_ids), 3, TEXT_LENGTH + PROMPT_LENGTH + LABEL_LENGTH, dtype=torch.int64)
    places = []
    for clip, (text, label) in enumerate(zip(batch["text_feats"], label_ids)):
        *words, separator = text[0][text[1].bool()].tolist()
        told = tokenizer.convert_tokens_to_ids(tokenizer.tokenize(LABELS[label]))
        told += [unknown] * (LABEL_LENGTH - len(told))
        for copy, inner in zip(texts, ([mask] * LABEL_LENGTH, told)):
            row = [*words, *[unknown] * PROMPT_LENGTH, *inner, separator]
            copy[clip, 0, : len(row)] = torch.tensor(row)
            copy[clip, 1, : len(row)] = 1
        places.append(len(words) + PROMPT_LENGTH)
    return {**batch, "text_feats": texts[0], "cons_text_feats": texts[1], "condition_idx": torch.tensor(places)}


SETTINGS = {"shared_dim": SHARED, "layers": LAYERS, "heads": 2, "temperature": 0.3, "beta_shift": 0.7}
THEIRS = Theirs(
    host="MMOIR",
    module="backbones.FusionNets.TCL_MAP",
    name="TCL_MAP",
    args={
        "method": "tcl_map",
        "mag_aligned_method": "ctc",
        "aligned_method": "sim",
        "shared_dim": SHARED,
        "eps": 1e-9,
        "beta_shift": 0.7,
        "dropout_prob": 0.5,
        "temperature": 0.3,
        "prompt_len": PROMPT_LENGTH,
        "label_len": LABEL_LENGTH,
        "max_cons_seq_length": TEXT_LENGTH + PROMPT_LENGTH + LABEL_LENGTH,
        "nheads": 2,
        "n_levels": LAYERS,
        "attn_mask": True,
        **dict.fromkeys(("attn_dropout", "relu_dropout", "embed_dropout", "res_dropout"), 0.0),
    },
    names=NAMES,
    unused=(
        "model.bert.MAG.alignNet.ctc_t.",
        "cons_model.pooler.",
        "model.bert.trans_a_with_l.version",
        "model.bert.trans_a_with_l.embed_positions.",
    ),
    losses="tcl_map",
    rename=split_joint_projections,
    inputs=as_theirs,
    more=("cons_text_feats", "condition_idx"),
    scale=8.0,
    labelled=True,
)


def test_same_logits_losses_and_gradients(tmp_path):
    assert_same(METHOD, {**SETTINGS, "host": True}, THEIRS, tmp_path)


def folder(place, name):
    (place / name).mkdir()
    return place / name


def test_the_authors_read_audio_by_video(tmp_path):
    """Unlike MMOIR; MIntOOD has it as they do. Its contrast is MMOIR's, so only the logits are compared."""
    assert (differ(METHOD, SETTINGS, THEIRS, folder(tmp_path, "MMOIR")) > 10 * CLOSE).any()
    mintood = replace(THEIRS, host="MIntOOD", losses="classification")
    assert (differ(METHOD, SETTINGS, mintood, folder(tmp_path, "MIntOOD")) < CLOSE).all()
