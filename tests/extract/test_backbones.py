"""Backbones against the libraries' own way to use them."""

import numpy as np
import pytest
import torch

from mia_plugins.errors import UserError
from mia_plugins.extract.audio_backbones import SECONDS, load_audio_backbone
from mia_plugins.extract.media import SOUND_RATE, resized
from mia_plugins.extract.video_backbones import load_video_backbone

transformers = pytest.importorskip("transformers")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def swin(tmp_path_factory):
    """A tiny Swin with random weights, as a folder."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("swin")
    config = transformers.SwinConfig(
        image_size=32, patch_size=2, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4
    )
    transformers.SwinModel(config).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}, resample=3).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def wavlm(tmp_path_factory):
    """A tiny WavLM with random weights, as a folder."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("wavlm")
    config = transformers.WavLMConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, conv_dim=(8, 8, 8, 8, 8, 8, 8),
        num_conv_pos_embedding_groups=2, num_conv_pos_embeddings=16,
    )  # fmt: skip
    transformers.WavLMModel(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def test_frames_get_the_image_processors_pixels_and_the_models_vector(swin):
    from PIL import Image

    backbone = load_video_backbone(str(swin), CPU)
    pictures = [Image.fromarray(np.random.default_rng(i).integers(0, 255, (40, 50, 3), np.uint8)) for i in range(3)]
    ours = backbone.embed(np.stack([np.asarray(resized(each, backbone.size)) for each in pictures]), CPU)
    processor, model = (
        transformers.AutoImageProcessor.from_pretrained(swin),
        transformers.AutoModel.from_pretrained(swin),
    )
    with torch.inference_mode():
        theirs = model.eval()(processor(pictures, return_tensors="pt")["pixel_values"]).pooler_output.numpy()
    assert ours.shape == (3, backbone.width)
    np.testing.assert_allclose(ours, theirs, atol=2e-2 * np.abs(theirs).max())
    alone = backbone.embed(np.array(resized(pictures[1], backbone.size))[None], CPU)
    np.testing.assert_allclose(ours[1:2], alone, atol=1e-5)


def vectors(backbone, samples, cuts):
    stream = backbone.begin()
    parts = [each for some in np.split(samples, cuts) for each in stream.add(some)] + list(stream.end())
    return np.concatenate(parts)


def test_sound_gets_the_feature_extractors_values_and_the_models_states(wavlm):
    backbone = load_audio_backbone(str(wavlm), CPU)
    samples = np.random.default_rng(0).normal(size=20_000).astype(np.float32) * 0.1
    extractor, model = (
        transformers.AutoFeatureExtractor.from_pretrained(wavlm), transformers.AutoModel.from_pretrained(wavlm)
    )  # fmt: skip
    with torch.inference_mode():
        values = extractor(samples, sampling_rate=SOUND_RATE, return_tensors="pt")["input_values"]
        theirs = model.eval()(values).last_hidden_state[0].numpy()
    np.testing.assert_allclose(vectors(backbone, samples, [100, 7000]), theirs, atol=1e-4)
    assert len(vectors(backbone, samples[:50], [])) == 1  # shorter than the first window


def test_long_sound_is_cut_into_pieces_without_a_scrap(wavlm):
    backbone = load_audio_backbone(str(wavlm), CPU)
    sizes = []
    object.__setattr__(backbone, "model", lambda values: sizes.append(values.shape[1]) or backbone_output(values))
    vectors(backbone, np.zeros(int(SOUND_RATE * SECONDS * 3.1), np.float32), list(range(0, 1_400_000, 16_000)))
    most = SECONDS * SOUND_RATE
    assert sizes[:-1] == [most] * 2
    assert most <= sizes[-1] < 2 * most
    assert sum(sizes) == int(most * 3.1)


def backbone_output(values):
    class Output:
        last_hidden_state = torch.zeros(1, values.shape[1] // 320, 16)

    return Output


def test_small_backbones_have_real_weights():
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("pyopen_wakeword")
    video = load_video_backbone("efficientnet-lite0", CPU)
    draw = np.zeros((2, 224, 224, 3), np.uint8)
    draw[1, 50:150, 50:150] = 255
    got = video.embed(draw, CPU)
    assert got.shape == (2, 1280)
    assert np.abs(got[0] - got[1]).max() > 0.1
    audio = load_audio_backbone("speech-embedding", CPU)
    tone = np.sin(np.arange(SOUND_RATE * 2) * 0.2).astype(np.float32)
    cut = vectors(audio, tone, [1, 500, 20_000])
    np.testing.assert_array_equal(
        cut, vectors(audio, tone, [])
    )  # however it is cut, and the clip before leaves no trace
    assert cut.shape == (25, 96)  # one every 80 ms


def test_backbones_that_are_not_there():
    with pytest.raises(UserError, match="video backbone '/no/such'"):
        load_video_backbone("/no/such", CPU)
    with pytest.raises(UserError, match="audio backbone '/no/such'"):
        load_audio_backbone("/no/such", CPU)
