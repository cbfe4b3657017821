"""MulT put together, against loops over clips, modalities and places."""

import pytest
import torch
from loops import add, linear, relu
from small_batches import one_clip, tiny_batch

from mia_plugins.errors import UserError
from mia_plugins.methods.mult import METHOD, Settings
from mia_plugins.methods.mult.model import Projection
from mia_plugins.testing import tiny_task

SMALL = {"dst_feature_dims": 8, "nheads": 2, "n_levels": 1, "conv1d_kernel_size_l": 3, "conv1d_kernel_size_a": 2}


def model_of(**settings):
    torch.manual_seed(0)
    return METHOD.build(tiny_task(), Settings(**{**SMALL, **settings})).eval()


def slow_projection(projection, rows):
    """A weighted sum of each place and those after it; zeros behind a clip that is too short."""
    weight, kernel = projection.conv.weight.tolist(), projection.kernel
    rows = rows + [[0.0] * len(rows[0])] * (kernel - len(rows))
    return [
        [
            sum(weight[out][d][k] * rows[place + k][d] for k in range(kernel) for d in range(len(rows[0])))
            for out in range(len(weight))
        ]
        for place in range(len(rows) - kernel + 1)
    ]


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_projection_is_a_convolution_of_each_clip(kernel):
    torch.manual_seed(0)
    projection, lengths = Projection(4, 6, kernel), (5, 1, 3)
    values = torch.full((3, 5, 4), 7.0)  # what stands in padding
    for clip, length in enumerate(lengths):
        values[clip, :length] = torch.randn(length, 4)
    got, mask = projection(values, torch.arange(5) < torch.tensor(lengths)[:, None])
    for clip, length in enumerate(lengths):
        want = slow_projection(projection, values[clip, :length].tolist())
        assert int(mask[clip].sum()) == len(want)
        torch.testing.assert_close(got[clip, mask[clip]], torch.tensor(want), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("attn_mask", [True, False])
def test_model_is_the_equations(attn_mask):
    model, batch = model_of(attn_mask=attn_mask), tiny_batch()
    output = model(batch)
    for clip in range(len(output.logits)):
        alone = one_clip(batch, clip)
        x = {name: model.project[name](*frames).values for name, frames in model.sequences(alone).items()}
        seen = {name: torch.ones(values.shape[:2], dtype=torch.bool) for name, values in x.items()}
        last = []
        for name, (first, second) in {
            "text": ("audio", "video"),
            "audio": ("text", "video"),
            "video": ("text", "audio"),
        }.items():
            read = [model.cross[f"{name}_from_{other}"](x[name], seen[name], x[other]) for other in (first, second)]
            last += model.top[name](torch.cat(read, dim=-1), seen[name])[0, -1].tolist()
        features = add(last, linear(model.outer, relu(linear(model.inner, last))))
        torch.testing.assert_close(output.features[clip], torch.tensor(features), atol=1e-5, rtol=1e-4)
        want = torch.tensor(linear(model.classifier, features))
        torch.testing.assert_close(output.logits[clip], want, atol=1e-5, rtol=1e-4)


def test_layers_and_dropouts_are_where_the_settings_say():
    model = model_of(n_levels=2, attn_dropout=0.1, attn_dropout_v=0.2, attn_dropout_a=0.3)
    for name, transformer in model.cross.items():
        assert len(transformer.layers) == 2
        source = name.split("_from_")[1]
        assert transformer.layers[0].attn_dropout.p == {"text": 0.1, "video": 0.2, "audio": 0.3}[source]
    assert all(len(transformer.layers) == 3 for transformer in model.top.values())
    assert all(layer.attn_dropout.p == 0.1 for transformer in model.top.values() for layer in transformer.layers)
    assert len(model_of(n_levels=4).top["text"].layers) == 4


def test_host_reads_padding():
    batch = tiny_batch()
    longer = {**batch, "video_feats": torch.nn.functional.pad(batch["video_feats"], (0, 0, 0, 1), value=3.0)}
    for host in (False, True):
        model = model_of(host=host)
        torch.testing.assert_close(model(batch).logits, model(longer).logits)
    ours, theirs = model_of()(batch), model_of(host=True)(batch)
    assert not torch.allclose(ours.logits, theirs.logits, atol=1e-3)


def test_a_width_that_the_heads_do_not_divide_is_refused():
    with pytest.raises(UserError, match="dst_feature_dims=10 should be a multiple of nheads=4"):
        Settings(dst_feature_dims=10, nheads=4)
