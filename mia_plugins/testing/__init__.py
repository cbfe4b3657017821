"""The tests that every plugin inherits, inside this repository and outside; they need pytest and no network.

>>> from mia_plugins.testing import MethodContract
>>> class TestMine(MethodContract):  # doctest: +SKIP
...     method = METHOD
"""

import pytest

for _module in ("dataset", "hooks", "learning", "plugin", "problems", "scoring"):
    pytest.register_assert_rewrite(f"{__name__}.{_module}")  # before their import: failures then show the values

from .dataset import DatasetContract  # noqa: E402
from .method import MethodContract  # noqa: E402
from .tiny import tiny_backbone, tiny_data, tiny_task  # noqa: E402

__all__ = ["DatasetContract", "MethodContract", "tiny_backbone", "tiny_data", "tiny_task"]
