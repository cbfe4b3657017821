"""The loops, on a model whose output shows which clip it saw."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from mia_plugins.data.sampling import LengthBatches
from mia_plugins.plugin.method import BasicOutput
from mia_plugins.training.predict import predict


class Echo(nn.Module):
    """Logits that are the clip's own first value."""

    def forward(self, batch):
        return BasicOutput(batch["video_feats"].float(), batch["audio_feats"].float())


def make_batch(places):
    values = torch.tensor(places)
    frames = {f"{name}_feats": 10.0 * values[:, None] for name in ("text", "video", "audio")}
    return {"index": values, "label_ids": values, **frames}


@pytest.mark.parametrize("shuffle", [False, True])
def test_predictions_come_in_the_order_of_the_clips(shuffle):
    lengths = torch.randint(1, 5, (23,)).numpy()
    loader = DataLoader(range(23), batch_sampler=LengthBatches(lengths, 4, shuffle), collate_fn=make_batch)
    found = predict(Echo(), loader, device=torch.device("cpu"))
    assert found.label_ids.tolist() == list(range(23))
    assert found.logits[:, 0].tolist() == found.features[:, 0].tolist() == [10.0 * place for place in range(23)]


def test_batches_of_a_host_without_places_stay_in_their_order():
    batches = [make_batch(places) for places in ([3, 1], [2], [0, 5])]
    for batch in batches:
        del batch["index"]
    assert predict(Echo(), batches, device=torch.device("cpu")).label_ids.tolist() == [3, 1, 2, 0, 5]
