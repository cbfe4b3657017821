"""MIntRec and MIntRec2.0 keep the contract of every data set."""

from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2
from mia_plugins.testing import DatasetContract


class TestMIntRec(DatasetContract):
    adapter = MINTREC


class TestMIntRec2(DatasetContract):
    adapter = MINTREC2
