"""MISA keeps the contract of every method."""

from mia_plugins.methods.misa import METHOD
from mia_plugins.testing import MethodContract


class TestMISA(MethodContract):
    method = METHOD
    settings = {"hidden_size": 8}


class TestAdversarial(MethodContract):
    method = METHOD
    settings = {"hidden_size": 8, "use_cmd_sim": False, "host": True}
