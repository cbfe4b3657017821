"""MAG-BERT keeps the contract of every method."""

from mia_plugins.methods.mag_bert import METHOD
from mia_plugins.testing import MethodContract


class TestMAGBert(MethodContract):
    method = METHOD


class TestAveragePool(MethodContract):
    method = METHOD
    settings = {"aligned_method": "avg_pool", "beta_shift": 0.005}
