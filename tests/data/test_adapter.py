import importlib.util
import os
from pathlib import Path

import pytest

from mia_plugins.data_adapters.dialogue_acts import IEMOCAP_DA, MELD_DA
from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2


def test_the_benchmarks_own_figures():
    assert (len(MINTREC.labels), len(MINTREC2.labels)) == (20, 30)
    assert MINTREC.binary_labels == ("Emotion", "Goal")
    assert MINTREC2.binary_labels == ()
    assert MINTREC.key(["S05", "E15", "248", "text", "Praise"]) == "S05_E15_248"
    assert MINTREC2.key(["2", "0", "text", "Prevent"]) == "dia2_utt0"


@pytest.mark.skipif("MIA_HOSTS" not in os.environ, reason="set MIA_HOSTS to a folder with the benchmarks' checkouts")
@pytest.mark.parametrize("table", ["MMOIR/data", "MIntRec/data", "MIntRec2.0/data/single_turn", "MIntOOD/data"])
@pytest.mark.parametrize("adapter", [MINTREC, MINTREC2, MELD_DA, IEMOCAP_DA], ids=lambda adapter: adapter.name)
def test_the_same_tables_as_the_hosts(adapter, table):
    path = Path(os.environ["MIA_HOSTS"], table, "__init__.py")
    spec = importlib.util.spec_from_file_location("host_data", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if adapter.name not in module.benchmarks:
        pytest.skip(f"{table} does not know {adapter.name}")
    benchmark = module.benchmarks[adapter.name]
    assert adapter.labels == tuple(benchmark["intent_labels"])
    assert adapter.binary_map == benchmark.get("binary_maps", {})
    assert list(adapter.binary_labels) == benchmark.get("binary_intent_labels", [])
    for kind, length in benchmark["max_seq_lengths"].items():  # one host gives them per kind of features
        assert {adapter.max_lengths[kind]} == (set(length.values()) if isinstance(length, dict) else {length})
    if "label_maps" in benchmark:  # one host has the code of out-of-scope clips among them
        assert list({**adapter.codes, "oth": "oth"}.items())[: len(benchmark["label_maps"])] == list(
            benchmark["label_maps"].items()
        )
        others = set(benchmark["ood_data"]) - {adapter.ood_dataset}
        assert others <= set(adapter.ood_tables)
    if "ood_data" in benchmark:
        assert benchmark["ood_data"][adapter.ood_dataset]["ood_label"] == adapter.ood_label
