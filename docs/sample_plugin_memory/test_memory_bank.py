"""The contract of every method, for the settings that change the structure of this one."""

from memory_bank import METHOD

from mia_plugins.testing import MethodContract


class TestMemoryBank(MethodContract):
    method = METHOD


class TestWithoutPull(MethodContract):
    method = METHOD
    settings = {"pull": "none", "modalities": ("audio",), "neighbours": 100}
