"""MulT keeps the contract of every method."""

from mia_plugins.methods.mult import METHOD
from mia_plugins.testing import MethodContract

SMALL = {"dst_feature_dims": 8, "nheads": 2, "n_levels": 1, "conv1d_kernel_size_l": 3, "conv1d_kernel_size_a": 2}


class TestMulT(MethodContract):
    method = METHOD
    settings = SMALL


class TestHost(MethodContract):
    method = METHOD
    settings = {**SMALL, "host": True, "attn_mask": False}
