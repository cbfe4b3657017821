"""MIAR keeps the contract of every method."""

from mia_plugins.methods.miar import METHOD
from mia_plugins.testing import MethodContract


class TestMIAR(MethodContract):
    method = METHOD
