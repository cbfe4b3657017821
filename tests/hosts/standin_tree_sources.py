"""The files of :mod:`hosts.standin_trees`, with words in capitals to be filled in."""

FUNCTIONS = """
import copy
import json
import os
import random

import numpy as np
import torch


class EarlyStopping:
    def __init__(self, args, delta=1e-6):
        self.patience, self.counter, self.delta = args.wait_patience, 0, delta
        self.best_score, self.early_stop, self.best_model = 1e-6, False, None

    def __call__(self, score, model):
        if score >= self.best_score + self.delta:
            self.best_score, self.best_model, self.counter = score, copy.deepcopy(model), 0
        else:
            self.counter += 1
            self.early_stop = self.counter >= self.patience


def set_torch_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def set_output_path(args):
    path = os.path.join(args.output_path, f"{args.method}_{args.seed}")
    os.makedirs(path, exist_ok=True)
    return path


def save_results(args, results):
    numbers = {key: float(value) for key, value in results.items() if np.isscalar(value)}
    with open(os.path.join(args.output_path, "results.json"), "w") as file:
        json.dump(numbers, file)


def save_model(model, folder):
    torch.save(model.state_dict(), os.path.join(folder, "pytorch_model.bin"))


def restore_model(model, folder, device=None):
    model.load_state_dict(torch.load(os.path.join(folder, "pytorch_model.bin")), strict=False)
    return model
"""

METRICS = """
import numpy as np


class Metrics:
    def __init__(self, args):
        pass

    def __call__(self, y_true, y_pred, show_results=False):
        return dict.fromkeys(["acc", "f1", "prec", "rec", "weighted_f1", "weighted_prec"], float(np.mean(y_true == y_pred)))


class OID_Metrics:
    def __init__(self, args):
        pass

    def __call__(self, y_true, y_pred, show_results=False):
        return {"oid_acc": float(np.mean(y_true == y_pred))}


class OOD_Metrics:
    def __init__(self, args):
        pass

    def __call__(self, scores, y_true, show_results=False):
        return {"auroc": float(np.mean(scores[y_true == 1]) > np.mean(scores[y_true == 0]))}
"""

BENCHMARKS = """
labels = ["Thank", "Apologise", "Joke", "Agree"]
benchmarks = {
    "DATASET": {"intent_labels": labels, "max_seq_lengths": {"text": 9, "video": 12, "audio": 14}}
}
"""

DATA = """
import numpy as np
import torch

from .__init__ import benchmarks


class MMDataset(torch.utils.data.Dataset):
    def __init__(self, label_ids, seed):
        self.label_ids, self.draws = label_ids, np.random.default_rng(seed)
        self.samples = [self.sample(label) for label in label_ids]

    def sample(self, label):
        sample = {"label_ids": torch.tensor(label)}
        words, text = self.draws.integers(3, 9), np.zeros((3, 9), int)
        text[0, :words], text[1, :words] = self.draws.integers(5, 25, words), 1
        sample["text_feats"] = torch.tensor(text)
        for kind, longest, width in (("video", 12, 6), ("audio", 14, 10)):
            frames, padded = self.draws.integers(1, longest), np.zeros((longest, width))
            padded[:frames] = self.draws.normal(size=(frames, width)).astype(np.float32)
            sample[f"{kind}_feats"] = torch.tensor(padded)
            LENGTHS
        return sample

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


class DataManager:
    def __init__(self, args):
        bench = benchmarks[args.dataset]
        self.label_list = bench["intent_labels"]
        args.num_labels = args.ood_label_id = 4
        for kind, width in (("text", 16), ("video", 6), ("audio", 10)):
            args[f"{kind}_seq_len"], args[f"{kind}_feat_dim"] = bench["max_seq_lengths"][kind], width
        ids = [i % 4 for i in range(12)]
        self.data = {"train": MMDataset(ids, 0), "dev": MMDataset(ids, 1), "test": MMDataset(ids + OOS, 2)}
        self.data["ood_train"] = MMDataset([4] * 3, 3)
        FINISH
"""

LOADERS = """
import numpy as np
from torch.utils.data import DataLoader


def get_dataloader(args, data, weighted=False):
    def loader(split, size):
        return DataLoader(data[split], shuffle=split == "train", batch_size=size, num_workers=args.num_workers)

    return {
        "train": loader("train", args.train_batch_size),
        "dev": loader("dev", args.eval_batch_size),
        "test": loader("test", args.eval_batch_size),
    }


def padding(feat, max_length, padding_mode="zero", padding_loc="end"):
    return np.concatenate((feat, np.zeros((max_length - len(feat), feat.shape[1]))))
"""

MODELS = """
import torch
from torch import nn

from MAPS import NETS


class MIA(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.model = NETS[args.KEY](args)

    def forward(self, text_feats, video_data, audio_data):
        return self.model(text_feats, video_data, audio_data)


class ModelManager:
    def __init__(self, args):
        self.device = args.device = torch.device("cpu")
        BUILD

    def _set_model(self, args):
        return MIA(args).to(self.device)
"""

CONFIG_BASE = """
import importlib

from easydict import EasyDict

TABLES


def add_config_param(args):
    module = importlib.import_module("." + args.config_file_name, PACKAGE)
    param = module.Param(args)
    return EasyDict(dict(args, **getattr(param, "common_param", {}), **param.hyper_param))


class ParamManager:
    def __init__(self, args):
        self.args = EasyDict(vars(args))
        FOUND
"""

OTHER_METHOD = """
import numpy as np


class MAG_BERT:
    def __init__(self, args, data, model):
        raise NotImplementedError

    def fit(self, values):
        return 1.0, float(np.sqrt(np.mean((1 - np.asarray(values)) ** 2)))

    def cal_mu_std(self, y_prob, trues, num_labels):
        return [self.fit(y_prob[trues == i, i]) for i in range(num_labels)]

    def classify_doc(self, args, y_prob, mu_stds):
        limits = [max(0.5, 1 - args.scale * std) for _, std in mu_stds]
        self.logger.info("limits %s", limits)
        return np.array([p.argmax() if p.max() > limits[p.argmax()] else args.ood_label_id for p in y_prob])
"""

OTHER_NET = """
class MAG_BERT:
    pass
"""

NETS_MAP = "from PLACE import MAG_BERT\n\nNETS = {\n    'mag_bert': MAG_BERT\n}"
METHODS_MAP = "from .MAG_BERT.manager import MAG_BERT\n\nmethod_map = {\n    'mag_bert': MAG_BERT,  # 2020\n}"

OPEN_SET = """
from utils.metrics import OID_Metrics


def doc_classification(args, inputs):
    y_pred = inputs["y_logit_test"].argmax(axis=1)
    y_pred[inputs["y_logit_test"].max(axis=1) <= 0.5] = args.ood_label_id
    return OID_Metrics(args)(inputs["y_true_test"], y_pred)
"""

DETECTION = """
from utils.metrics import OOD_Metrics

from .score_func import ood_detection_map


def ood_detection(args, inputs):
    in_scope = (inputs["y_true"] != args.ood_label_id).astype(int)
    return OOD_Metrics(args)(ood_detection_map[args.ood_detection_method](args, inputs), in_scope)
"""

DETECTORS = """
def msp(args, inputs):
    return inputs["y_prob"]


def vim(args, inputs):
    weight, bias = inputs["w"].data.cpu().numpy(), inputs["b"].data.cpu().numpy()
    assert inputs["train_feats"].shape[1] == weight.shape[1] and len(bias) == args.num_labels
    return (inputs["y_feat"] @ weight.T + bias).max(axis=1)


ood_detection_map = {'msp': msp, 'vim': vim}
"""

RUN = """
import argparse
import logging

from CONFIGS.base import ParamManager, add_config_param
from DATA.base import DataManager
from METHODS import method_map
from MODELS.base import ModelManager
from utils.functions import save_results, set_output_path, set_torch_seed


def parse_arguments():
    parser = argparse.ArgumentParser()
    for name, default in (("method", ""), ("multimodal_method", "MAG"), ("dataset", ""), ("config_file_name", ""),
                          ("text_backbone", "bert-base-uncased"), ("data_mode", "multi-class"), ("output_path", "outputs"),
                          ("test_mode", "ood_cls"), ("ood_detection_method", "msp")):
        parser.add_argument("--" + name, default=default)
    for name in ("seed", "num_workers", "gpu_id"):
        parser.add_argument("--" + name, type=int, default=0)
    for name in ("train", "save_model", "freeze_backbone_parameters", SWITCHES):
        parser.add_argument("--" + name, action="store_true")
    return parser.parse_args()


def set_logger(args):
    args.logger_name = args.method
    logging.basicConfig(level=logging.INFO)


def work(args, data):
    set_torch_seed(args.seed)
    args.model_output_path = set_output_path(args)
    if args.method.startswith("text"):
        method = method_map[args.method](args, data)
    else:
        method = method_map[args.method](args, data, ModelManager(args))
    if args.train:
        method._train(args)
    save_results(args, method._test(args))


def run():
    args = parse_arguments()
    set_logger(args)
    args = add_config_param(ParamManager(args).args)
    args.update({key: value[0] for key, value in args.items() if isinstance(value, list)})  # a grid of one
    work(args, DataManager(args))


if __name__ == "__main__":
    run()
"""
README = {
    "mmoir": "# Host\n\n| [MULT](./examples/mult.sh) | [Paper](x) | 2019 |\n\n## Results\n",
    "mintrec2": "# Host\n\n5. Run\n\n   ```\n   sh examples/run.sh\n   ```\n",
    "mintrec": "# Host\n",
    "mintood": "# Host\n\n```\nsh examples/run_train.sh\nsh examples/run_test.sh\n```\n",
}
