"""What a method declares and hooks in: settings, configs, pre-trained parts, ``prepare``, ``inspect``, ``optimizer``."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from easydict import EasyDict

from ..data.batches import collate
from ..plugin.params import load_param, modules
from ..plugin.picture import Constant, Picture, PictureRequest
from ..plugin.settings import describe, hints, split_settings, typed
from ..training.optimizer import is_pretrained
from ..training.predict import unlabelled
from ..training.settings import TrainSettings
from .plugin import CPU, PluginTests
from .tiny import clip_dataset, tiny_backbone


class HookTests(PluginTests):
    """Declarations that are true, and hooks that can be called again."""

    def test_every_setting_is_described(self):
        assert dataclasses.is_dataclass(self.method.settings)
        silent = [row.name for row in describe(self.method.settings) if not row.meaning]
        assert silent == [], f"say what they mean in the Args of {self.method.settings.__name__}'s docstring"
        shared = {field.name for field in dataclasses.fields(TrainSettings)} & set(hints(self.method.settings))
        assert shared == set(), "settings of training have the same name"

    def test_every_default_is_a_value_that_may_be_given(self):
        settings = self.method.settings()
        for name, annotation in hints(self.method.settings).items():
            assert typed(name, getattr(settings, name), annotation) == getattr(settings, name)
        with pytest.raises(dataclasses.FrozenInstanceError):
            settings.anything = 1

    @pytest.mark.parametrize("dataset", ["MIntRec", "MIntRec2.0", "a set without a config of its own"])
    def test_configs_hold_known_settings(self, dataset):
        if self.method.configs is None:
            pytest.skip("the method has no configs")
        params = {dataset: load_param(self.method, dataset)}
        for name in modules(self.method.configs):
            params[name] = load_param(self.method, dataset, name)
        for name, param in params.items():
            hyper_param = param(EasyDict(dataset=dataset, text_backbone=tiny_backbone())).hyper_param
            single = {key: value[0] if isinstance(value, list) else value for key, value in hyper_param.items()}
            assert split_settings(single, TrainSettings, self.method.settings), name

    def test_pretrained_names_some_parts_but_not_all(self):
        model = self.build()
        names = [name for name, _ in model.named_parameters()]
        assert not isinstance(model.pretrained, str)
        for prefix in model.pretrained:
            assert any(name.startswith(f"{prefix}.") for name in names), f"nothing is called {prefix}"
        assert not all(is_pretrained(model, name) for name in names), "the last layer is new"

    def test_preparing_again_changes_nothing(self):
        if self.method.prepare is None:
            pytest.skip("the method does not prepare")
        model = self.ready()
        want = self.score(model, self.scored_batch()).logits
        for batch_size in (4, 7, 15):  # again, and with the same clips in other batches
            got = self.score(self.prepare(model, batch_size).eval(), self.scored_batch()).logits
            assert self.close(got, want), "prepare adds to what it did before, or depends on how clips are batched"

    def test_a_training_clip_does_not_see_its_own_label(self):
        if self.method.prepare is None:
            pytest.skip("the method does not prepare")
        scores = []
        for label_id in (0, 1):
            model, batches = self.build(), [dict(batch) for batch in self.reference()]
            batches[0]["label_ids"] = torch.cat([torch.tensor([label_id]), batches[0]["label_ids"][1:]])
            self.method.prepare(model, batches, CPU)
            batch = collate([clip_dataset(self.data, "train")[0]])
            scores.append(self.score(model.eval(), batch).logits)
        assert self.close(*scores), "leave the clip of the row train_place out, or its label is its answer"

    def test_inspect_gives_a_row_a_clip(self):
        if self.method.inspect is None:
            pytest.skip("the method does not inspect")
        dataset = clip_dataset(self.data, "test")
        arrays = [self.inspect([range(6)]), self.inspect([range(2), range(2, 6)])]
        assert arrays[0], "nothing to see"
        assert set(arrays[0]) == set(arrays[1])
        for name, values in arrays[0].items():
            if isinstance(values, Constant):
                continue
            assert isinstance(values, np.ndarray), name
            assert len(values) == len(dataset), f"{name} has {len(values)} rows for {len(dataset)} clips"
            if values.dtype.kind == "f":  # not places of the largest among nearly equal values
                assert np.allclose(values, arrays[1][name], atol=1e-2), f"{name} depends on how clips are batched"

    def test_descriptions_and_sentences_live_in_one_space(self):
        model, batch = self.ready(), self.scored_batch()
        if self.method.embed is None or getattr(model, "descriptions", None) is None:
            pytest.skip("the method takes no new intents")
        said = ["thanks", "no help please"]
        vectors = self.method.embed(self.method_settings, said)
        assert len(vectors) == len(said)
        assert np.isfinite(vectors).all()
        assert np.allclose(self.method.embed(self.method_settings, said[::-1])[::-1], vectors, atol=1e-5)
        width = vectors.shape[1]
        assert model.descriptions.ndim == 3
        assert model.descriptions.shape[0] == len(self.labels)
        assert model.descriptions.shape[2] == width, "embed has another width than the descriptions"
        sentence = getattr(self.score(model, batch), "sentence", None)
        assert sentence is None or sentence.shape[1] == width, "sentence has another width than the descriptions"

    def test_pictures_are_drawn(self, tmp_path):
        if not self.method.pictures:
            pytest.skip("the method draws nothing")
        pytest.importorskip("matplotlib")
        dataset = clip_dataset(self.data, "test")
        label_ids = dataset.clips.label_ids
        arrays = {"y_true": label_ids, "y_pred": label_ids}
        shown = self.inspect([range(6)]) if self.method.inspect else {}
        run = SimpleNamespace(
            record={
                "method": self.method.name,
                "dataset": "tiny",
                "seed": 0,
                "settings": vars(self.method_settings),
                "metrics": {"acc": 50.0},
                "history": [{"number": 1, "loss": 1.0, "score": 0.5, "terms": {}}],
            },
            labels=list(self.labels),
            clips={
                "keys": list(dataset.clips.keys),
                "label_ids": label_ids.tolist(),
                "tokens": [text.split() for text in dataset.clips.texts],
            },
            inspection={name: getattr(values, "values", values) for name, values in shown.items()},
            array=arrays.get,
        )
        group = SimpleNamespace(title="tiny", runs=[run], first=run)
        for number, picture in enumerate(self.method.pictures):
            drawn = picture(group, PictureRequest(tmp_path, str(number)))
            assert all(isinstance(each, Picture) for each in drawn), "a picture function returns a list of Picture"
            assert all(each.svg.is_file() and each.title and each.caption for each in drawn)
            run_without = SimpleNamespace(**{**vars(run), "inspection": {}})
            picture(SimpleNamespace(title="tiny", runs=[run_without], first=run_without), PictureRequest(tmp_path, "x"))

    def inspect(self, places: Any) -> dict[str, Any]:
        """What the method shows of a new model, for the test clips in batches."""
        assert self.method.inspect is not None
        dataset, model = clip_dataset(self.data, "test"), self.ready()
        before = {name: value.clone() for name, value in model.state_dict().items()}
        batches = [collate([dataset[i] for i in batch]) for batch in places]
        arrays = dict(self.method.inspect(model, unlabelled(batches), CPU))
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
        return arrays
