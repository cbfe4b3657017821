"""The contract of every method."""

from mean_pool import METHOD

from mia_plugins.testing import MethodContract


class TestMeanPool(MethodContract):
    method = METHOD
