"""A package of its own that adds a method with a memory: install it and type ``--method memory_bank``."""

from setuptools import setup

setup(
    name="memory-bank-plugin",
    version="0.1.0",
    packages=["memory_bank"],
    install_requires=["mia-plugins"],
    entry_points={"mia_plugins.methods": ["memory_bank = memory_bank:METHOD"]},
)
