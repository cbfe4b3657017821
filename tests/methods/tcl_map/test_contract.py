"""TCL-MAP keeps the contract of every method, under the settings that change its structure."""

from mia_plugins.methods.tcl_map import METHOD
from mia_plugins.testing import MethodContract


class TestTCLMAP(MethodContract):
    method = METHOD
    settings = {"shared_dim": 8, "layers": 2}


class TestHost(MethodContract):
    method = METHOD
    settings = {"shared_dim": 8, "layers": 1, "host": True, "heads": 2, "prompt_length": 2, "label_length": 1}
