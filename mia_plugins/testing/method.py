"""The contract of a method, as tests."""

from __future__ import annotations

from .hooks import HookTests
from .learning import LearningTests
from .missing import MissingTests
from .problems import ProblemTests
from .scoring import ScoringTests


class MethodContract(ScoringTests, LearningTests, MissingTests, ProblemTests, HookTests):
    """The tests that every method inherits, on a tiny text backbone and a few synthetic clips: some seconds a class.

    A class a combination of settings::

        class TestMine(MethodContract):
            method = METHOD

        class TestMineWithoutBank(TestMine):
            settings = {"bank": False}
            idle = {"gate.": "nothing to weigh without a bank"}

    See :class:`~mia_plugins.testing.plugin.PluginTests` for what a subclass may set.
    """
