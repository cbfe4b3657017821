"""What a stand-in scores with and starts from: DOC, detectors, options and scripts; see :mod:`hosts.standins`."""

DOC = """
import logging
from types import SimpleNamespace
from METHODS.OWN.manager import OWNER
from utils.metrics import OID_Metrics

def doc_classification(args, inputs):
    owner = OWNER.__new__(OWNER)
    owner.logger = logging.getLogger(args.logger_name)
    fitted = owner.cal_mu_std(inputs["y_logit_train"], inputs["y_true_train"], args.num_labels)
    return OID_Metrics(args)(inputs["y_true_test"], owner.classify_doc(args, inputs["y_logit_test"], fitted))
"""

DETECTORS = """
import numpy as np

def msp(args, inputs):
    return inputs["y_prob"]

def maxlogit(args, inputs):
    assert BOUND(inputs["y_logit"])
    return inputs["y_logit"].max(1)

def residual(args, inputs):
    w, b = inputs["w"].data.cpu().numpy(), inputs["b"].data.cpu().numpy()
    assert w.shape == (args.num_labels, inputs["y_feat"].shape[1]) and b.shape == (args.num_labels,)
    return -np.linalg.norm(inputs["y_feat"] - inputs["train_feats"].mean(0), axis=1)

ood_detection_map = {"msp": msp, "maxlogit": maxlogit, "residual": residual}
"""

OPTIONS = """method=MAG dataset=MIntRec text_backbone=BACKBONE logger_name=x gpu_id=0 data_path=/nowhere
data_mode=multi-class seed:0 num_workers:0 video_data_path=video_data audio_data_path=audio_data
results_path=results output_path=outputs model_path=models config_file_name=MISA.py
results_file_name=results.csv train! tune! save_model! save_results!"""

SCRIPT = '''
import argparse, datetime, itertools, logging, os, sys
TOP
from data.SINGLEbase import DataManager
from backbones.SINGLEbase import ModelManager
from configs.SINGLEbase import IMPORTS
from utils.functions import save_results, set_output_path, set_torch_seed

def parse_arguments():
    parser = argparse.ArgumentParser()
    for word in """OPTIONS""".split():
        if word.endswith("!"):
            parser.add_argument("--" + word[:-1], action="store_true")
        else:
            sign = ":" if ":" in word.partition("=")[0] else "="
            name, _, value = word.partition(sign)
            parser.add_argument("--" + name, type=int if sign == ":" else str, default=int(value) if sign == ":" else value)
    return parser.parse_args()

def set_logger(args):
    time = datetime.datetime.now().strftime("%Y-%m-%d-%H-%M-%S")
    args.logger_name = args.method + "_" + args.dataset + TIME
    logger = logging.getLogger(args.logger_name)
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.StreamHandler())
    return logger

def set_up(args):
    args.pred_output_path, args.model_output_path = set_output_path(args, OUTPUT)
    set_torch_seed(args.seed)
    return args

def work(args, data, logger, debug_args):
    set_torch_seed(args.seed)
    print("seed", args.seed, {key: args[key] for key in debug_args})
    if args.method.startswith("text"):
        method = method_map[args.method](args, data)
    else:
        method = method_map[args.method](args, data, ModelManager(args))
    if args.train:
        method._train(args)
    results = method._test(args)
    if args.save_results:
        save_results(args, results, debug_args)

def grid(args):
    lists = {key: value for key, value in args.items() if isinstance(value, list)}
    for values in itertools.product(*lists.values()):
        args.update(dict(zip(lists, values)))
        yield lists

def run(args, data, logger, seeds=None):
    RUN

if __name__ == "__main__":
    MAIN
'''

MMOIR_MAIN = """
    args = parse_arguments()
    logger = set_logger(args)
    args = ParamManager(args).args
    args = add_config_param(args, args.config_file_name)
    from methods.single_turn import method_map
    data = DataManager(args)
    seeds = [0, 1]
    run(args, data, logger, seeds)
"""
SEEDED_MAIN = """
    args = parse_arguments()
    logger = set_logger(args)
    args = ParamManager(args).args
    data = DataManager(args)
    for seed in [4, 1]:
        args.seed = seed
        args = set_up(add_config_param(args, args.config_file_name))
        run(args, data, logger)
"""
MINTREC_MAIN = """
    args = ParamManager(parse_arguments()).args
    run(args, None, None)
"""
EACH_SEED = """
    for lists in grid(args):
        for seed in seeds:
            args.seed = seed
            set_up(args)
            work(args, data, logger, lists)
"""
ONE_SEED = """
    for lists in grid(args):
        work(args, data, logger, lists)
"""
MINTREC_RUN = """
    for lists in grid(args) if args.tune else [{}]:
        logger = set_logger(args)
        set_up(args)
        work(args, DataManager(args), logger, lists)
"""
