"""A-MESS keeps the contract of every method, under the settings that change its structure."""

from mia_plugins.methods.amess import METHOD
from mia_plugins.testing import MethodContract, tiny_backbone


class TestAMESS(MethodContract):
    method = METHOD
    settings = {"sentence_encoder": tiny_backbone(), "num_anchors": 3}


class TestPaper(TestAMESS):
    settings = {
        **TestAMESS.settings,
        "fusion_start": "paper",
        "negatives": "literal",
        "pooling": "mean",
        "aligned_method": "conv1d",
        "residual": False,
    }


class TestEveryTokenAnAnchor(TestAMESS):
    settings = {**TestAMESS.settings, "aligned_method": "none", "num_anchors": 50, "num_descriptions": 1}
    exempt = {"test_inspect_gives_a_row_a_clip": "rounding decides the rank of anchors that are equally reliable"}


class TestWithoutAnchors(TestAMESS):
    settings = {**TestAMESS.settings, "anchor_embedding": False}


class TestWithoutSemantics(TestAMESS):
    settings = {"semantic_sync": False, "aligned_method": "avg_pool"}
