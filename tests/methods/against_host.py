"""A benchmark's own model beside ours: its weights copied over by name, the same clips, the same answers."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from mia_plugins.plugin.settings import split_settings
from mia_plugins.testing import tiny_backbone, tiny_task
from mia_plugins.testing.plugin import without_dropout
from mia_plugins.testing.tiny import AUDIO_DIM, AUDIO_LENGTH, LABELS, TEXT_LENGTH, VIDEO_DIM, VIDEO_LENGTH
from mia_plugins.training.settings import TrainSettings

HOSTS = os.environ.get("MIA_HOSTS")
needs_hosts = pytest.mark.skipif(not HOSTS, reason="MIA_HOSTS names no folder with host checkouts")
TEXT_DIM, CLOSE = 16, 1e-4

#: what every network of the benchmarks reads
COMMON = {
    "text_backbone": "bert-base-uncased",
    "text_feat_dim": TEXT_DIM,
    "video_feat_dim": VIDEO_DIM,
    "audio_feat_dim": AUDIO_DIM,
    "text_seq_len": TEXT_LENGTH,
    "video_seq_len": VIDEO_LENGTH,
    "audio_seq_len": AUDIO_LENGTH,
    "num_labels": len(LABELS),
    "freeze_backbone_parameters": False,
    "dialogue_mode": "single_turn",
    "need_aligned": True,
    "cache_path": None,
}
RAGGED = ((12, 10, 14), (3, 1, 5), (7, 4, 1), (5, 9, 2), (10, 2, 13), (4, 6, 8))  # tokens and frames of each clip


def clips(lengths):
    """Random clips, padded to the most as a benchmark pads them; the labels are all different but for the last two."""
    torch.manual_seed(1)
    text = torch.zeros(len(lengths), 3, TEXT_LENGTH, dtype=torch.int64)
    video, audio = (
        torch.zeros(len(lengths), VIDEO_LENGTH, VIDEO_DIM),
        torch.zeros(len(lengths), AUDIO_LENGTH, AUDIO_DIM),
    )
    for clip, (tokens, video_frames, audio_frames) in enumerate(lengths):
        text[clip, 0, :tokens] = torch.randint(5, 25, (tokens,))
        text[clip, 1, :tokens] = 1
        video[clip, :video_frames] = torch.randn(video_frames, VIDEO_DIM)
        audio[clip, :audio_frames] = torch.randn(audio_frames, AUDIO_DIM)
    batch = {"text_feats": text, "video_feats": video, "audio_feats": audio}
    for name, place in (("video", 1), ("audio", 2)):
        batch[f"{name}_lengths"] = torch.tensor([clip[place] for clip in lengths])
    return batch, torch.arange(len(lengths)) % len(LABELS)


def as_ours(batch):
    """The same clips as our data path cuts them: padded to the longest of the batch."""
    most = {"text_feats": int(batch["text_feats"][:, 1].sum(dim=1).max())}
    most |= {f"{name}_feats": int(batch[f"{name}_lengths"].max()) for name in ("video", "audio")}
    cut = {name: batch[name][:, : most[name]] for name in ("video_feats", "audio_feats")}
    return {**batch, **cut, "text_feats": batch["text_feats"][..., : most["text_feats"]]}


@dataclass(frozen=True)
class Theirs:
    """A benchmark's network.

    Args:
        host: folder of the checkout below `MIA_HOSTS`.
        module, name: of the network's class.
        args: what the benchmark gives it, beside `COMMON`.
        names: its parameters' prefixes, with ours.
        unused: prefixes of parameters that it has and never uses.
        losses: which of the probe's losses.
        rename: what is done to its state before the names are looked up.
        inputs: the batch as it wants it, of ours and the labels.
        more: names of what it takes of them beside text, video and audio.
        scale: factor of its matrices; a new one's are too small for a deep part to matter in the logits.
        labelled: whether our model is to see the labels, as in training.
    """

    host: str
    module: str
    name: str
    args: dict
    names: dict
    unused: tuple = ()
    losses: str = "classification"
    rename: object = staticmethod(lambda state: state)
    inputs: object = staticmethod(lambda batch, label_ids: batch)
    more: tuple = ()
    scale: float = 1.0
    labelled: bool = False

    def answer(self, folder, batch, label_ids):
        """What it makes of some clips, in a process of its own."""
        checkout = Path(HOSTS) / self.host
        if not checkout.is_dir():
            pytest.skip(f"no checkout of {self.host} in {HOSTS}")
        args = {**COMMON, "text_pretrained_model": tiny_backbone(), **self.args}
        given = {
            "module": self.module,
            "name": self.name,
            "args": args,
            "losses": self.losses,
            "more": self.more,
            "scale": self.scale,
        }
        torch.save({**given, "batch": self.inputs(batch, label_ids), "label_ids": label_ids}, folder / "in.pt")
        (folder / args["text_backbone"]).symlink_to(tiny_backbone())  # MIntRec loads it by its name
        script = Path(__file__).with_name("host_probe.py")
        command = [sys.executable, "-W", "ignore", "-B", script, checkout.resolve(), "in.pt", "out.pt"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return torch.load(folder / "out.pt")

    def ours(self, state):
        """The names and tensors of its state, or of its gradients, under our names."""
        renamed = {}
        for name, value in self.rename(state).items():
            prefix = max((prefix for prefix in self.names if name.startswith(prefix)), key=len, default=None)
            if prefix is None:
                assert name.startswith(self.unused), f"the benchmark's {name} has no counterpart"
                continue
            renamed[self.names[prefix] + name[len(prefix) :]] = value
        return renamed


def build(method, settings, state):
    """Our model without dropout, with a state copied over: every one of its parameters is in it."""
    chosen = split_settings(settings, TrainSettings, method.settings)[1]
    model = without_dropout(method.build(tiny_task(ood_class=False), chosen))
    lacking, unknown = model.load_state_dict(state, strict=False)
    assert not [name for name in lacking if "position_ids" not in name and "token_type_ids" not in name], lacking
    assert not [name for name in unknown if "position_ids" not in name], unknown
    return model


def assert_same(method, settings, theirs, folder, lengths=RAGGED):
    """The same logits, loss terms and gradients, in evaluation and in training without dropout."""
    batch, label_ids = clips(lengths)
    answers = theirs.answer(folder, batch, label_ids)
    model = build(method, settings, theirs.ours(answers["state"]))
    given = {**as_ours(batch), "label_ids": label_ids} if theirs.labelled else as_ours(batch)
    for mode in ("eval", "train"):
        want = answers[mode]
        output = model.train(mode == "train")(given)
        terms = model.loss(output, label_ids)
        terms = terms if isinstance(terms, dict) else {"classification": terms}
        model.zero_grad()
        sum(terms.values()).backward()
        assert_close(output.logits, want["logits"])
        assert set(terms) == set(want["terms"])
        for name, term in terms.items():
            assert_close(term, want["terms"][name], name)
        grads = {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
        wanted = theirs.ours(want["grads"])
        for name in grads.keys() & wanted.keys():
            assert_close(grads[name], wanted[name], name)
        for name in grads.keys() ^ wanted.keys():  # where one of them does not even ask for a gradient, there is none
            assert not (grads.get(name, wanted.get(name))).any(), name


def assert_close(ours, theirs, name="logits"):
    """Equal but for rounding."""
    torch.testing.assert_close(ours, theirs, atol=CLOSE, rtol=CLOSE, msg=lambda text: f"{name}: {text}")


def differ(method, settings, theirs, folder, lengths=RAGGED):
    """By how much the logits differ in evaluation."""
    batch, label_ids = clips(lengths)
    answers = theirs.answer(folder, batch, label_ids)
    model = build(method, settings, theirs.ours(answers["state"])).eval()
    with torch.no_grad():
        return (model(as_ours(batch)).logits - answers["eval"]["logits"]).abs().amax(dim=1)


def split_joint_projections(state):
    """Every ``in_proj`` of a state, which joins query, key and value, as three."""
    split = {}
    for name, value in state.items():
        start, found, kind = name.rpartition("in_proj_")
        if not found:
            split[name] = value
            continue
        for part, rows in zip(("query", "key", "value"), value.chunk(3)):
            split[f"{start}{part}.{kind}"] = rows
    return split
