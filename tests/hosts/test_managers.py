"""The managers of the hosts with plugins in them, in this process: batches, hooks, and who decides the training."""

import importlib
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from easydict import EasyDict
from hosts import bank_method
from small_model import make_batch
from torch.utils.data import Dataset

from mia_plugins.errors import UserError
from mia_plugins.evaluation.metrics import METRICS
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.evaluation.scoring import dev_score
from mia_plugins.hosts.live.manager import PluginManager
from mia_plugins.hosts.live.params import all_settings
from mia_plugins.hosts.managers.batches import collate, placed
from mia_plugins.plugin import Metric

MANAGERS = "mia_plugins.hosts.managers"


class Clips(Dataset):
    """Clips padded to twelve frames in float64, as the hosts' are."""

    def __init__(self, labels, seed, lengths=True):
        self.label_ids, draws = labels, np.random.default_rng(seed)
        self.clips = []
        for label in labels:
            frames = int(draws.integers(1, 8))
            clip = {"label_ids": torch.tensor(label), "text_feats": torch.tensor([[7, 8, 0], [1, 1, 0], [0, 0, 0]])}
            for kind in ("video", "audio"):
                padded = np.zeros((12, 5))
                padded[:frames] = draws.normal(size=(frames, 5)) + label
                clip[f"{kind}_feats"] = torch.tensor(padded)
                if lengths:
                    clip[f"{kind}_lengths"] = frames
            self.clips.append(clip)

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, index):
        return self.clips[index]


class Metrics:
    """A host's."""

    def __init__(self, args):
        pass

    def __call__(self, y_true, y_pred, show_results=False):
        return dict.fromkeys(["acc", "f1", "prec", "rec"], float(np.mean(y_true == y_pred)))


@pytest.fixture
def host(monkeypatch):
    """Imports a host's manager, with the modules of a host that it imports."""
    modules = {
        "utils": ModuleType("utils"),
        "utils.functions": SimpleNamespace(save_model=None, restore_model=None),
        "utils.metrics": SimpleNamespace(Metrics=Metrics, OID_Metrics=None, OOD_Metrics=None),
        "evaluation": ModuleType("evaluation"),
        "evaluation.oos_cls": SimpleNamespace(doc_classification=None),
        "evaluation.score_func": SimpleNamespace(ood_detection_map={"msp": None, "ma": None}),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    before = set(sys.modules)
    yield lambda name: importlib.import_module(f"{MANAGERS}.{name}").Manager
    for name in set(sys.modules) - before:
        if name.startswith(MANAGERS):
            del sys.modules[name]


def make(base, method, tmp_path, **given):
    """A manager with a plugin in it."""
    labels = [0, 1, 2] * 4
    splits = {"train": Clips(labels, 0), "dev": Clips(labels, 1), "test": Clips([*labels, 3, 3], 2)}
    splits.update(ood_train=Clips([3] * 3, 3), ood_dev=Clips([3] * 3, 4))
    data = SimpleNamespace(label_list=["Thank", "Agree", "Joke"])
    setattr(data, "mm_data" if base.__module__.endswith("mintrec") else "data", splits)
    options = {"method": method.name, "logger_name": "host", "dataset": "MIntRec", "text_backbone": "none", "seed": 0}
    options.update(num_labels=3, num_workers=0, gpu_id=0, train=True, save_model=True, test_ood=False)
    options.update(dict.fromkeys(("text_seq_len", "video_seq_len", "audio_seq_len"), 12))
    options.update(all_settings(method, {}), num_train_epochs=3, train_batch_size=5, model_output_path=str(tmp_path))
    args = EasyDict({**options, **given})
    torch.manual_seed(args.seed)
    return type("Made", (PluginManager, base), {})(method, args, data, None), args


@pytest.mark.parametrize("name", ["mmoir", "mintrec"])
def test_hooks_training_saving_and_testing_alone(host, name, tmp_path):
    base = host(name)
    manager, args = make(base, bank_method.METHOD, tmp_path)
    assert manager.model.bank.means.shape == (12, 5)
    manager._train(args)
    first = manager._test(args)
    assert first["best_eval_score"] == round(manager.best_eval_score, 4)
    alone, args = make(base, bank_method.METHOD, tmp_path, train=False, save_model=False, seed=0)
    assert np.array_equal(alone._test(args)["y_logit"], first["y_logit"])
    assert len(first["y_true"]) == 14
    assert first["y_logit"].shape == (14, 3)


def test_best_epoch_is_kept(host, tmp_path, caplog):
    caplog.set_level("INFO")
    manager, args = make(host("mmoir"), bank_method.METHOD, tmp_path, lr=5e-4)
    scores, states = [0.2, 0.9, 0.9], []

    def score(model):
        states.append({name: value.clone() for name, value in model.state_dict().items()})
        return scores[len(states) - 1]

    manager._score = score
    manager._train(args)
    assert manager.best_eval_score == 0.9
    assert all(torch.equal(value, states[1][name]) for name, value in manager.model.state_dict().items())
    for words in ("first = ", "second = ", "train_loss = ", "eval_score = 0.9000", "Epoch: 3"):
        assert words in caplog.text


def test_out_of_scope_clips_are_mixed_in_and_are_no_training_clips(host, tmp_path):
    manager, _ = make(host("mmoir"), bank_method.METHOD, tmp_path, train_ood=True, eval_monitor="is_os_f1")
    places = torch.cat([batch["train_place"] for batch in manager.train_dataloader])
    labels = torch.cat([batch["label_ids"] for batch in manager.train_dataloader])
    assert sorted(places.tolist()) == [-1] * 3 + list(range(12))
    assert sorted(labels.tolist()) == sorted([0, 1, 2] * 4 + [3] * 3)
    assert manager.model.classifier.out_features == 4
    dev = manager._get_outputs(manager.args, manager.eval_dataloader)
    assert len(dev["y_true"]) == 15
    known = Predictions(dev["y_logit"], dev["y_feat"], dev["y_true"])
    assert dev["is_os_f1"] == dev_score(known, lambda: known, monitor="is_os_f1", num_labels=3, scale=1.0)


@pytest.mark.parametrize(
    ("loader", "clips"), [("eval", "dev"), ("test", "test"), ("reference", "training"), ("train", "training")]
)
def test_logits_that_are_not_finite_are_not_scored(host, tmp_path, loader, clips):
    manager, args = make(host("mmoir"), bank_method.METHOD, tmp_path)
    with torch.no_grad():
        manager.model.classifier.bias[1] = float("nan")
    count = {"test": 14}.get(loader, 12)
    with pytest.raises(UserError, match=f"{clips} clips: logits of {count} of {count} are NaN or infinite, first in"):
        manager._get_outputs(args, getattr(manager, f"{loader}_dataloader"))


def test_a_registered_metric_may_be_the_monitor(host, tmp_path, monkeypatch):
    share = Metric("far", "Far", "g", "Of the last class.", higher_is_better=False, monitor=9,
                   compute=lambda predictions, num_labels: (predictions.logits.argmax(axis=1) == 2).mean())  # fmt: skip
    monkeypatch.setitem(METRICS, "far", share)
    manager, args = make(host("mmoir"), bank_method.METHOD, tmp_path, eval_monitor="far")
    dev = manager._get_outputs(args, manager.eval_dataloader)
    assert dev["far"] == -(dev["y_logit"].argmax(axis=1) == 2).mean()
    assert "far" not in manager._get_outputs(args, manager.test_dataloader)


def test_a_methods_own_manager_trains(host, tmp_path, caplog):
    usual, args = make(host("mmoir"), bank_method.METHOD, tmp_path)
    usual._train(args)
    own, args = make(host("mmoir"), bank_method.OWN_WAY, tmp_path)
    own._train(args)
    assert "trained in a way of its own" in caplog.text
    for name, value in usual.model.state_dict().items():
        assert torch.equal(value, own.model.state_dict()[name]), name
    assert own.best_eval_score == usual.best_eval_score


def test_detectors_are_checked_before_training(host, tmp_path):
    options = {"test_ood": True, "test_mode": "ood_det"}
    with pytest.raises(UserError, match="--ood_detection_method odin: choose ma, msp"):
        make(host("mmoir"), bank_method.METHOD, tmp_path, ood_detection_method="odin", **options)
    make(host("mmoir"), bank_method.METHOD, tmp_path, ood_detection_method="ma", **options)
    with pytest.raises(UserError, match="ma: an intent has no training clip"):
        make(host("mmoir"), bank_method.METHOD, tmp_path, ood_detection_method="ma", num_labels=4, **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_padded_batch_is_what_it_was(dtype):
    plain = make_batch([3, 7], [2, 5], [4, 1])
    padded = make_batch([3, 7], [2, 5], [4, 1], extra=(9, 30, 40))
    kinds = {key: dtype if key in ("video_feats", "audio_feats") else value.dtype for key, value in padded.items()}
    clips = [{key: value[i].to(kinds[key]) for key, value in padded.items()} for i in range(2)]
    out = collate([{**clip, "label_ids": torch.tensor(i), "more": i} for i, clip in enumerate(clips)])
    assert out.keys() == {*plain, "label_ids", "more"}
    for key, value in plain.items():
        assert torch.equal(out[key], value)
        assert out[key].dtype == value.dtype
        assert out[key].is_contiguous()


def test_text_alone_is_enough_and_a_clip_has_a_frame():
    clip = {key: value[0] for key, value in make_batch([2], [3], [3]).items()}
    alone = {"text_feats": clip["text_feats"], "label_ids": torch.tensor(0)}
    assert collate([alone]).keys() == alone.keys()
    assert collate([{**clip, "video_lengths": torch.tensor(0)}])["video_feats"].shape[1] == 1


def test_mintrecs_frames_are_counted(host):
    counted = host("mintrec").collate_fn
    clips, plain = Clips([0, 1, 2], 5), Clips([0, 1, 2], 5, lengths=False)
    expected, found = collate(list(clips.clips)), counted(list(plain.clips))
    assert expected.keys() == found.keys()
    assert all(torch.equal(value, found[key]) for key, value in expected.items())
    plain.clips[0]["video_feats"].zero_()
    assert counted(list(plain.clips))["video_lengths"][0] == 1


def test_places_are_those_of_the_training_clips():
    data = SimpleNamespace(mm_data={"train": Clips([0, 1], 0), "dev": Clips([1], 1)}, other=3)
    out = placed(data)
    assert [out.mm_data["train"][i]["train_place"] for i in range(2)] == [0, 1]
    assert out.mm_data["dev"][0]["train_place"] == -1
    assert out.mm_data["train"].label_ids == [0, 1]
    assert "train_place" not in data.mm_data["train"][0]
    assert out.other == 3
