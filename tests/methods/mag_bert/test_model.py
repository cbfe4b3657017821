"""MAG-BERT put together, against the library's own BERT with its embeddings replaced."""

import torch
from loops import linear
from small_batches import one_clip, tiny_batch
from transformers import BertModel

from mia_plugins.methods.mag_bert import METHOD, Settings
from mia_plugins.nn.frames import as_frames
from mia_plugins.testing import tiny_backbone, tiny_task


def model_of(**settings):
    torch.manual_seed(0)
    return METHOD.build(tiny_task(), Settings(**settings)).eval()


def slow_features(model, batch):
    """The library's BERT, whose embedding layer hands on what the gate makes of its result."""
    bert = BertModel.from_pretrained(tiny_backbone()).eval()
    video, audio = (as_frames(batch[f"{name}_feats"], batch[f"{name}_lengths"]) for name in ("video", "audio"))
    bert.embeddings.register_forward_hook(lambda layer, given, text: model.mag(text, video, audio))
    token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
    return bert(input_ids=token_ids, attention_mask=mask, token_type_ids=segment_ids).pooler_output


def test_model_is_bert_with_shifted_embeddings():
    model, batch = model_of(beta_shift=0.7), tiny_batch()
    output = model(batch)
    for clip in range(len(output.logits)):
        features = slow_features(model, one_clip(batch, clip))[0]
        torch.testing.assert_close(output.features[clip], features, atol=1e-5, rtol=1e-4)
        want = torch.tensor(linear(model.classifier, features.tolist()))
        torch.testing.assert_close(output.logits[clip], want, atol=1e-5, rtol=1e-4)


def test_without_a_displacement_only_the_text_counts():
    model, batch = model_of(beta_shift=0.0), tiny_batch()
    other = {**batch, "video_feats": 9 * batch["video_feats"], "audio_feats": -batch["audio_feats"]}
    assert torch.equal(model(batch).logits, model(other).logits)
    model = model_of(beta_shift=1.0)
    assert not torch.allclose(model(batch).logits, model(other).logits)
