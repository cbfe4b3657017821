"""The text-only baseline keeps the contract of every method."""

from mia_plugins.methods.text import METHOD
from mia_plugins.testing import MethodContract


class TestText(MethodContract):
    method = METHOD
