"""CAGC keeps the contract of every method, under the settings that change its structure."""

from mia_plugins.methods.cagc import METHOD
from mia_plugins.testing import MethodContract


class TestCAGC(MethodContract):
    method = METHOD


class TestMoreNeighboursThanClips(MethodContract):
    method = METHOD
    settings = {"neighbours": 100, "test_neighbours": "all", "heads": 1}


class TestNeighboursOfTheSameLabel(MethodContract):
    method = METHOD
    settings = {"train_neighbours": "same_label"}


class TestWithoutNeighbours(MethodContract):
    method = METHOD
    settings = {"test_neighbours": "none"}
