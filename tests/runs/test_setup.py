"""What the runs of one command share is read once, and again when it has changed."""

import shutil

import pytest

from mia_plugins.plugin.registry import find_dataset
from mia_plugins.runs import setup as module
from mia_plugins.runs.options import make_options
from mia_plugins.runs.setup import Setup


@pytest.fixture
def calls(monkeypatch):
    """The names of what was really read."""
    made = []
    for name in ("read_data", "load_tokenizer"):
        real = getattr(module, name)

        def counted(*args, _name=name, _real=real, **keywords):
            made.append(_name)
            return _real(*args, **keywords)

        monkeypatch.setattr(module, name, counted)
    return made


def options(data, **more):
    return make_options({"data_path": str(data), "dataset": "MIntRec2.0", **more})


def test_data_are_read_again_only_where_other_clips_are_asked_for(data, calls):
    kept, adapter = Setup(), find_dataset("MIntRec2.0")
    first = kept.data(options(data), adapter)
    assert kept.data(options(data, seed=3, test_ood=False), adapter) is first
    assert calls == ["read_data"]
    with_ood = kept.data(options(data, test_ood=True), adapter)
    assert "ood_test" in with_ood.splits
    assert "ood_test" not in first.splits
    kept.data(options(data), adapter)
    assert len(calls) == 3  # only the last one is kept


def test_a_tokenizer_is_kept_as_long_as_its_encoder_is_the_same(backbone, calls, tmp_path):
    kept, copy = Setup(), tmp_path / "encoder"
    shutil.copytree(backbone, copy)
    first = kept.tokenizer(str(copy))
    assert kept.tokenizer(str(copy)) is first
    config = copy / "config.json"
    config.write_text(config.read_text() + "\n")
    assert kept.tokenizer(str(copy)) is not first
    assert len(calls) == 2
