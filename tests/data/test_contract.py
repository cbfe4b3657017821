"""The built-in data sets keep the contract of every data set."""

from mia_plugins.data_adapters.dialogue_acts import IEMOCAP_DA, MELD_DA
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2
from mia_plugins.testing import DatasetContract


class TestMIntRec(DatasetContract):
    adapter = MINTREC


class TestMIntRec2(DatasetContract):
    adapter = MINTREC2


class TestMeldDa(DatasetContract):
    adapter = MELD_DA


class TestIemocapDa(DatasetContract):
    adapter = IEMOCAP_DA
