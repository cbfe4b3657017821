"""The adaptation gate against its equations, one position at a time."""

import pytest
import torch
from loops import add, layer_norm, linear, norm, relu

from mia_plugins.nn.alignment import build_alignment
from mia_plugins.nn.frames import Frames
from mia_plugins.nn.mag import MAG

TEXT, LENGTH, VIDEO, AUDIO, DIM = 4, 6, 3, 5, 8
THERE = torch.tensor([True, True])  # both clips have it


def gate(beta=0.7, dropout=0.0):
    torch.manual_seed(0)
    aligners = (build_alignment("ctc", dim=width, max_frames=9, length=LENGTH) for width in (VIDEO, AUDIO))
    video_align, audio_align = aligners
    return MAG(
        dim=DIM,
        video_dim=VIDEO,
        audio_dim=AUDIO,
        video_align=video_align,
        audio_align=audio_align,
        beta=beta,
        dropout=dropout,
    ).double()


def slow_shift(mag, text, video, audio):
    """One position."""
    displacement = add(
        [g * x for g, x in zip(relu(linear(mag.video_gate, video + text)), linear(mag.video, video))],
        [g * x for g, x in zip(relu(linear(mag.audio_gate, audio + text)), linear(mag.audio, audio))],
    )
    length = norm(displacement)
    alpha = min(mag.beta * norm(text) / length, 1.0) if length else 1.0
    return layer_norm(mag.norm, [t + alpha * h for t, h in zip(text, displacement)])


@pytest.mark.parametrize("beta", [0.005, 0.7, 100.0])
def test_shift_is_the_equations(beta):
    mag = gate(beta)
    text, video, audio = (torch.randn(2, TEXT, width, dtype=torch.float64) for width in (DIM, VIDEO, AUDIO))
    video[0, 0] = audio[0, 0] = 0.0
    want = [
        [slow_shift(mag, *(x[clip, i].tolist() for x in (text, video, audio))) for i in range(TEXT)]
        for clip in range(2)
    ]
    got = mag.shift(text, video, audio, THERE, THERE)
    torch.testing.assert_close(got, torch.tensor(want, dtype=torch.float64), atol=1e-4, rtol=1e-4)


def test_beta_bounds_the_displacement():
    text, video, audio = (torch.randn(2, TEXT, width, dtype=torch.float64) for width in (DIM, VIDEO, AUDIO))
    mag = gate(beta=0.1)
    mag.norm = torch.nn.Identity()
    moved = (mag.shift(text, 1000 * video, audio, THERE, THERE) - text).norm(dim=-1)
    torch.testing.assert_close(moved, 0.1 * text.norm(dim=-1), rtol=1e-4, atol=0)


def test_a_displacement_of_zero_has_a_gradient():
    mag = gate()
    for part in (mag.video_gate, mag.audio_gate):
        torch.nn.init.constant_(part.bias, -1e6)  # closed
    text, video, audio = (torch.randn(2, TEXT, width, dtype=torch.float64) for width in (DIM, VIDEO, AUDIO))
    mag.shift(text.requires_grad_(), video, audio, THERE, THERE).sum().backward()
    assert torch.isfinite(text.grad).all()
    assert all(torch.isfinite(weight.grad).all() for weight in mag.parameters() if weight.grad is not None)


def test_a_missing_modality_adds_nothing():
    mag = gate()
    text, video, audio = (torch.randn(2, TEXT, width, dtype=torch.float64) for width in (DIM, VIDEO, AUDIO))
    got = mag.shift(text, video, audio, torch.tensor([True, False]), torch.tensor([False, False]))
    mag.audio_gate.weight.data.zero_(), mag.audio_gate.bias.data.zero_()  # closed
    torch.testing.assert_close(got[0], mag.shift(text, video, audio, THERE, THERE)[0])
    torch.testing.assert_close(got[1], mag.norm(text[1]))


def test_frames_are_aligned_and_padding_is_not_read():
    mag = gate()
    text = torch.randn(2, TEXT, DIM, dtype=torch.float64)
    frames = {}
    for name, width, lengths in (("video", VIDEO, (4, 2)), ("audio", AUDIO, (1, 6))):
        values = torch.randn(2, max(lengths), width, dtype=torch.float64)
        frames[name] = Frames(values, torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])
    together = mag(text, frames["video"], frames["audio"])
    for clip in range(2):
        alone = [Frames(f.values[clip, f.mask[clip]][None], f.mask[clip, f.mask[clip]][None]) for f in frames.values()]
        torch.testing.assert_close(mag(text[clip][None], *alone)[0], together[clip])
    aligned = [
        align(*frames[name])[0][:, :TEXT] for name, align in (("video", mag.video_align), ("audio", mag.audio_align))
    ]
    torch.testing.assert_close(mag.shift(text, *aligned, THERE, THERE), together)
