"""A package of its own that adds a method: install it beside mia-plugins and type ``--method mean_pool``."""

from setuptools import setup

setup(
    name="mean-pool-plugin",
    version="0.1.0",
    packages=["mean_pool", "mean_pool.configs"],
    install_requires=["mia-plugins"],
    entry_points={"mia_plugins.methods": ["mean_pool = mean_pool:METHOD"]},
)
