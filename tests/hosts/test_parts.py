"""The parts that need no host: settings, shims."""

import dataclasses
import os
import subprocess
import sys
from typing import Optional

import pandas
import pytest
import torch
import transformers
from easydict import EasyDict
from tiny import ROOT

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.names import names_in_host, plugin
from mia_plugins.hosts.facts.table import MINTREC2, MMOIR
from mia_plugins.hosts.live.compat import SHIMS, needed
from mia_plugins.hosts.live.old_adamw import AdamW
from mia_plugins.hosts.live.params import host_param, settings_of
from mia_plugins.hosts.live.sources import host_name
from mia_plugins.methods.amess import METHOD
from mia_plugins.plugin import registry

ARGS = EasyDict(dataset="MIntRec2.0", text_backbone="bert-base-uncased")


def test_a_monitor_of_another_problem_is_refused():
    with pytest.raises(UserError, match="eval_monitor=MAE: the benchmarks learn one intent a clip; choose acc, f1, "):
        settings_of(EasyDict(eval_monitor="MAE"), METHOD)


def test_a_param_gives_every_setting_as_a_plain_value():
    param = host_param("amess", overrides={"lr": 1e-3, "num_anchors": [4]})(ARGS)
    assert not any(isinstance(value, (list, tuple, dict)) for value in param.hyper_param.values())
    assert not set(param.hyper_param) & set(param.common_param)
    training, own = settings_of(EasyDict(param.hyper_param), METHOD)
    assert (training.lr, own.num_anchors, training.ood_training) == (1e-3, 4, "k_plus_1")
    assert host_param("amess_ood")(ARGS).hyper_param["ood_training"] == "outlier_exposure"
    assert host_param("amess", "amess_paper")(ARGS).hyper_param["fusion_start"] == "paper"
    assert host_param("amess", overrides={"num_anchors": [4, 8]})(ARGS).hyper_param["num_anchors"] == [4, 8]
    with pytest.raises(UserError, match="num_anchors=0 should be a whole number from 1"):
        host_param("amess", overrides={"num_anchors": [4, 0]})(ARGS)


@pytest.mark.parametrize("fails", ["1 / 0", "raise SystemExit(0)"])
def test_a_config_of_ones_own_that_fails_is_named_by_its_line(tmp_path, fails):
    path = tmp_path / "mine.py"
    path.write_text(f"class Param:\n    def __init__(self, args):\n        {fails}\n")
    with pytest.raises(UserError, match=f"{path}, line 3: "):
        host_param("amess", str(path))(ARGS)


def test_every_shim_says_what_where_and_why():
    for shim in SHIMS:
        assert all((shim.name, shim.where, shim.why, shim.fix))
    assert {shim.name for shim in needed()} <= {shim.name for shim in SHIMS if not shim.hosts_own}


OWN_TIME = transformers.__version__.startswith("4.") and pandas.__version__.startswith("1.")


@pytest.mark.skipif(not OWN_TIME, reason="for the packages of the benchmarks' own time")
def test_no_shim_is_needed_on_the_packages_of_the_hosts():
    assert needed() == []


def test_adamw_is_the_old_one():
    """A slow, obvious reference: the update as written in transformers' documentation of its AdamW."""
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = AdamW([weight], lr=0.1, weight_decay=0.5, correct_bias=False)
    first = second = torch.zeros(2)
    expected = weight.detach().clone()
    for gradient in (torch.tensor([0.3, -1.0]), torch.tensor([2.0, 0.0])):
        weight.grad = gradient.clone()
        optimizer.step()
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        expected = expected - 0.1 * first / (second.sqrt() + 1e-6)
        expected = expected - 0.1 * 0.5 * expected
        assert torch.allclose(weight.detach(), expected, atol=1e-7)


def test_adamw_equals_transformers_own_where_there_is_one():
    if not hasattr(transformers, "AdamW"):
        pytest.skip("transformers 5")
    for correct_bias in (False, True):
        weights = [torch.nn.Parameter(torch.linspace(-1, 1, 6)) for _ in range(2)]
        for kind, weight in zip((AdamW, transformers.AdamW), weights):
            optimizer = kind([weight], lr=0.05, weight_decay=0.1, correct_bias=correct_bias)
            for step in range(5):
                weight.grad = torch.sin(torch.arange(6.0) + step)
                optimizer.step()
        assert torch.equal(*weights)


def test_names_that_hosts_read(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    assert host_name("all-MiniLM-L6-v2", str(tmp_path)) == "bert-all-MiniLM-L6-v2"
    assert host_name("roberta-base", "roberta-base") == "roberta-base"


def test_a_bert_of_a_hosts_own_gets_all_its_weights(tmp_path, backbone):
    """In a process of its own: the shims stay."""
    code = """
import sys
from mia_plugins.hosts.live import compat
compat.apply(hosts_own=True)
assert compat.apply(hosts_own=True) == []
import torch
from torch import nn
from transformers import BertModel, BertPreTrainedModel
class Net(BertPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.bert, self.lstm = BertModel(config), nn.LSTM(4, 4)
        self.scale = nn.Parameter(torch.full((3,), 2.0))
        self.register_buffer("steps", torch.arange(3.0))
        self.plain = torch.ones(2)
net = Net.from_pretrained(sys.argv[1])
assert net.scale.tolist() == [2.0] * 3 and net.steps.tolist() == [0.0, 1.0, 2.0] and net.plain.sum() == 2
assert 0 < net.lstm.bias_ih_l0.abs().max() <= 0.5
saved = BertModel.from_pretrained(sys.argv[1]).state_dict()
assert all(torch.equal(value, saved[name]) for name, value in net.bert.state_dict().items())
mask = net.get_extended_attention_mask(torch.tensor([[1, 0]]), (1, 2), torch.device("cpu"))
assert mask.shape == (1, 1, 1, 2) and mask[0, 0, 0, 0] == 0 and mask[0, 0, 0, 1] < -1e30
assert net.get_head_mask(None, 2) == [None, None]
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(backbone)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr


def test_plugins_leave_the_hosts_names_alone(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {registry.METHOD_GROUP: {}, registry.DATASET_GROUP: {}})
    for name in ("mine", "mia_thing"):
        registry.register(dataclasses.replace(METHOD, name=name))
    one = names_in_host(MMOIR, ["text", "mag_bert"])
    assert {name: one[name] for name in ("amess", "mine", "mia_text", "mia_mag_bert", "mia_thing")} == {
        "amess": "amess",
        "mine": "mine",
        "mia_text": "text",
        "mia_mag_bert": "mag_bert",
        "mia_thing": "mia_thing",
    }
    assert not {"text", "mag_bert"} & set(one)
    two = names_in_host(MINTREC2, ["text", "mine_ood"])
    assert {name for name, method in two.items() if method == "text"} == {"mia_text", "mia_text_ood"}
    assert {name for name, method in two.items() if method == "mine"} == {"mia_mine", "mia_mine_ood"}
    for table in (two, names_in_host(MMOIR, ["text"])):
        assert {name: plugin(name).name for name in table} == table
    with pytest.raises(UserError, match="unknown method 'mia_nothing'"):
        plugin("mia_nothing")


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of types that a host's dictionary would change."""

    widths: tuple[int, ...] = (3, 4)
    limit: Optional[float] = None


def test_a_method_without_configs_and_with_tuples(monkeypatch):
    method = dataclasses.replace(METHOD, name="mine", settings=Settings, configs=None)
    monkeypatch.setattr(registry, "_registered", {registry.METHOD_GROUP: {}, registry.DATASET_GROUP: {}})
    registry.register(method)
    values = host_param("mine", overrides={"limit": 0.5})(ARGS).hyper_param
    assert not any(isinstance(value, (list, tuple)) for value in values.values())
    assert settings_of(EasyDict(values), method)[1] == Settings((3, 4), 0.5)
    grid = host_param("mine", overrides={"widths": [(1, 2), (5,)]})(ARGS).hyper_param["widths"]
    assert [settings_of(EasyDict(widths=value), method)[1].widths for value in grid] == [(1, 2), (5,)]
    assert host_param("mine_ood")(ARGS).hyper_param["ood_training"] == "outlier_exposure"
    assert host_param("mine")(ARGS).hyper_param["ood_training"] == "k_plus_1"
