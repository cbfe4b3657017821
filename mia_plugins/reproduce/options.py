"""The options that all commands with a plan of runs have in common."""

from __future__ import annotations

import argparse

from ..runs.option_values import Whole

RESULTS = "reproduction"
MOST_SEED = 2**32 - 1


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """Data, seeds, settings, and where the runs are made."""
    parser.add_argument("--data_path", required=True, metavar="DIR", help="folder of the data sets")
    parser.add_argument("--dataset", nargs="+", metavar="NAME", help="data sets (default: the paper's for each table)")
    parser.add_argument(
        "--seeds",
        type=Whole(0, MOST_SEED),
        nargs="+",
        default=[0, 1, 2, 3, 4],
        metavar="N",
        help="one run each (default: 0 1 2 3 4)",
    )
    parser.add_argument("--descriptions_path", metavar="FILE", help="label descriptions instead of the bundled ones")
    parser.add_argument("--text_backbone", metavar="NAME", help="pre-trained encoder: a name, hub id or folder")
    parser.add_argument(
        "--config_file_name", metavar="NAME", help="a config of a method, such as amess_paper, or a file"
    )
    parser.add_argument(
        "--set",
        dest="assignments",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a hyper-parameter of all runs (of the methods that have it); may be repeated",
    )
    parser.add_argument("--ood_dataset", metavar="NAME", help="out-of-scope data set (default: <dataset>-OOD)")
    parser.add_argument("--video_feats", metavar="NAME", help="video features, as in run.py")
    parser.add_argument("--audio_feats", metavar="NAME", help="audio features, as in run.py")
    parser.add_argument("--num_workers", type=int, metavar="N", help="processes that load batches (as run.py)")
    parser.add_argument("--gpu_id", metavar="N", help="GPU to use, or cpu; under torchrun: the local rank")
    parser.add_argument(
        "--results", default=RESULTS, metavar="DIR", help="shared results folder (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="make the runs on that Ray cluster (extra [ray]); local: one on this machine"
    )
    parser.add_argument(
        "--gpus_per_run",
        type=float,
        metavar="X",
        help="with --ray: the share of a GPU that a run takes (default: 1 where the cluster has GPUs)",
    )
    parser.add_argument(
        "--any_code", action="store_true", help="also accept results made by other versions of the code"
    )
    parser.add_argument("--save_model", action="store_true", help="keep the trained models")
    parser.add_argument(
        "--no_modality_ablation", action="store_true", help="do not score the test with modalities corrupted"
    )
