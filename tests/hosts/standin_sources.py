"""The files of :mod:`hosts.standins`, with words in capitals to be filled in."""

FUNCTIONS = """
import os, random
import numpy as np, pandas as pd, torch
from .metrics import Metrics

def set_torch_seed(seed):
    random.seed(seed); np.random.seed(seed); torch.manual_seed(seed)

def set_output_path(args, name):
    place = os.path.join(args.output_path, name)
    model = os.path.join(place, args.model_path)
    os.makedirs(model, exist_ok=True)
    return place, model

def save_model(model, folder):
    torch.save(model.state_dict(), os.path.join(folder, "pytorch_model.bin"))

def restore_model(model, folder, device=None):
    model.load_state_dict(torch.load(os.path.join(folder, "pytorch_model.bin")), strict=False)
    return model

def save_results(args, results, debug_args=None):
    os.makedirs(args.results_path, exist_ok=True); os.makedirs(args.output_path, exist_ok=True)
    for key in ("y_pred", "y_true", "features"):
        np.save(os.path.join(args.output_path, key + ".npy"), results[key])
    NEEDED
    row = {key: round(value * 100, 2) for key, value in results.items() if np.isscalar(value)}
    row.update(method=args.method, dataset=args.dataset, seed=args.seed)
    row.update({key: args[key] for key in debug_args or {}})
    path = os.path.join(args.results_path, args.results_file_name)
    if os.path.exists(path):
        pd.read_csv(path).APPEND(pd.DataFrame(row, index=[1]), ignore_index=True).to_csv(path, index=False)
    else:
        pd.DataFrame([row]).to_csv(path, index=False)
"""

METRICS = """
import logging
import numpy as np
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

class Metrics:
    def __init__(self, args):
        self.logger = logging.getLogger(args.logger_name)

    def __call__(self, y_true, y_pred, show_results=False):
        found = {"acc": accuracy_score(y_true, y_pred)}
        for name, score in (("f1", f1_score), ("prec", precision_score), ("rec", recall_score)):
            found[name] = score(y_true, y_pred, average="macro", zero_division=0)
            found["weighted_" + name] = score(y_true, y_pred, average="weighted", zero_division=0)
        return found

class OID_Metrics(Metrics):
    def __call__(self, y_true, y_pred, show_results=False):
        each = f1_score(y_true, y_pred, average=None)
        return {"oid_acc": accuracy_score(y_true, y_pred), "oid_f1": each.mean().round(4),
                "f1-known": each[:-1].mean().round(4), "f1-open": each[-1].round(4)}

class OOD_Metrics(Metrics):
    def __call__(self, scores, y_true, show_results=False):
        return {"auroc": roc_auc_score(y_true, scores)}
"""

TABLES = """
pretrained_models_path = {"bert-base-uncased": "/nowhere/bert"}
video_feats_path = {"swin-roi": "VIDEO"}
audio_feats_path = {"wavlm": "AUDIO"}
feat_dims = {"text": {"bert-base-uncased": 768}, "video": {"swin-roi": 6}, "audio": {"wavlm": 10}}
"""

CONFIG_BASE = """
import importlib
from easydict import EasyDict
from .__init__ import pretrained_models_path

class ParamManager:
    def __init__(self, args):
        args.text_pretrained_model = pretrained_models_path[args.text_backbone]
        TABLES
        self.args = EasyDict(vars(args))

def add_config_param(args, name):
    module = importlib.import_module("." + name.replace(".py", ""), PACKAGE)
    return EasyDict(dict(args, **module.Param(args).hyper_param))
"""

MINTREC_CONFIG_BASE = """
import importlib
from easydict import EasyDict

class ParamManager:
    def __init__(self, args):
        param = importlib.import_module("." + args.config_file_name.replace(".py", ""), "configs").Param(args)
        self.args = EasyDict(dict(vars(args), **param.common_param, **param.hyper_param))
"""

DATA_BASE = """
import csv, logging, os, pickle
import numpy as np, torch
from transformers import BertTokenizer
from torch.utils.data import Dataset
from .__init__ import benchmarks
from .utils import padding

class MMDataset(Dataset):
    def __init__(self, rows):
        self.rows, self.label_ids = rows, [row["label_ids"] for row in rows]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return {key: torch.tensor(value) for key, value in self.rows[index].items()}

class DataManager:
    def __init__(self, args, logger_name=None):
        table = benchmarks[args.dataset]
        self.label_list = table["intent_labels"]
        args.num_labels = len(self.label_list)
        OOD_ID
        args.text_seq_len, args.video_seq_len, args.audio_seq_len = LONGEST
        args.video_feat_dim, args.audio_feat_dim = 6, 10
        if not args.text_backbone.startswith("bert"):
            raise Exception("not a supported text backbone")
        self.args, self.tokenizer = args, BertTokenizer.from_pretrained(TOKENIZER)
        place = PLACE
        data = {split: self.read(place, split) for split in ("train", "dev", "test")}
        MORE
        args.num_train_examples = len(data["train"])
        self.mm_data = self.data = {split: MMDataset(rows) for split, rows in data.items()}
        LOADERS

    def read(self, place, split):
        with open(os.path.join(place, split + ".tsv")) as file:
            lines = list(csv.reader(file, delimiter="\\t"))[1:]
        return [self.row(place, line) for line in lines]

    def frames(self, place, kind, name, key, longest):
        with open(os.path.join(place, kind + "_data", name), "rb") as file:
            found = np.array(pickle.load(file)[key])
        found = SQUEEZE
        return padding(found, longest), min(len(found), longest)

    def row(self, place, line):
        args = self.args
        key = KEY
        video, video_length = self.frames(place, "video", args.video_feats_path, key, args.video_seq_len)
        audio, audio_length = self.frames(place, "audio", args.audio_feats_path, key, args.audio_seq_len)
        ids = self.tokenizer.encode(line[TEXT], max_length=args.text_seq_len, truncation=True)
        rest = [0] * (args.text_seq_len - len(ids))
        text = [ids + rest, [1] * len(ids) + rest, [0] * args.text_seq_len]
        label = line[LABEL]
        row = {"label_ids": self.label_list.index(label) if label in self.label_list else len(self.label_list),
               "text_feats": text, "video_feats": video, "audio_feats": audio}
        LENGTHS
        return row
"""

DATA_UTILS = """
import numpy as np
from torch.utils.data import DataLoader

def padding(feat, max_length, padding_mode="zero", padding_loc="end"):
    if len(feat) > max_length:
        return feat[:max_length]
    return np.concatenate((feat, np.zeros([max_length - len(feat), feat.shape[1]])))

def get_dataloader(args, data):
    sizes = {"train": args.train_batch_size, "ood_train": args.train_batch_size}
    return {split: DataLoader(rows, batch_size=sizes.get(split, args.eval_batch_size), shuffle="train" in split,
                              num_workers=args.num_workers, pin_memory=True) for split, rows in data.items()}
"""

MODEL_MANAGER = """
import torch
from torch import nn
from .NETS import MAP

class MIA(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.model = MAP[args.NAME](args)

class ModelManager:
    def __init__(self, args):
        self.device = args.device = torch.device("cpu")
        BUILD

    def _set_model(self, args):
        return MIA(args).to(self.device)
"""

OWN = """
import numpy as np
from transformers import AdamW  # gone from transformers 5
from scipy.stats import norm

class OWNER:
    def __init__(self, args, data, model=None):
        self.args, self.data = args, data
        self.optimizer = AdamW

    def _train(self, args):
        pass

    def _test(self, args):
        nothing = np.zeros(3)
        return {"acc": 0.5, "f1": 0.5, "prec": 0.5, "rec": 0.5, "best_eval_score": 0.5,
                "y_pred": nothing, "y_true": nothing, "features": nothing}

    def cal_mu_std(self, y_prob, trues, num_labels):
        return [self.fit(y_prob[trues == i, i]) for i in range(num_labels)]

    def fit(self, values):
        return norm.fit(np.concatenate((values, 2 - values)))

    def classify_doc(self, args, y_prob, fitted):
        self.logger.info("thresholds")
        limits = np.array([max(0.5, 1 - args.scale * std) for _, std in fitted])
        best = y_prob.argmax(1)
        return np.where(y_prob.max(1) > limits[best], best, args.ood_label_id)
"""
