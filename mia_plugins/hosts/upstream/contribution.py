"""What goes with the method to a host's maintainers: an example script, a line of the README, and the letter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from ... import __version__
from ...training.settings import TrainSettings
from ..facts.host import Host
from ..install.edits import Text, add_behind_last
from ..live.params import host_param, plugin

TITLE = "A-MESS: Anchor-based Multimodal Embedding with Semantic Synchronization for Multimodal Intent Recognition"
PAPER = "https://arxiv.org/abs/2503.19474"
OPTIONS = {
    "mmoir": "--dialogue_mode single_turn --dataset MIntRec2.0 --ood_dataset MIntRec2.0-OOD --video_feats swin-roi "
    "--audio_feats wavlm --test_ood --test_mode ood_cls --config_file_name amess_MIntRec2 --multimodal_method amess",
    "mintrec2": "--dataset MIntRec2.0 --ood_dataset MIntRec2.0-OOD --video_feats swin-roi --audio_feats wavlm --ood "
    "--ood_detection_method ma --config_file_name amess --multimodal_method amess --output_path outputs",
    "mintrec": "--dataset MIntRec --video_feats_path video_feats.pkl --audio_feats_path audio_feats.pkl "
    "--config_file_name amess",
    "mintood": "--dataset MIntRec --ood_dataset MIntRec-OOD --video_feats_path swin_feats.pkl --audio_feats_path "
    "wavlm_feats.pkl --ood --ood_detection_method ma --config_file_name amess_MIntRec --multimodal_method amess "
    "--output_path outputs",
}
BACKBONE = {"mmoir": "bert-large-uncased", "mintrec2": "bert-large-uncased"}  # the others' tables have only the base


def run_options(host: Host) -> list[str]:
    """The command line's options but for the data's place, a pair or a switch each."""
    backbone = BACKBONE.get(host.short, "bert-base-uncased")
    words = f"--method amess --text_backbone {backbone} {OPTIONS[host.short]} --train --save_results".split(" --")
    return [word if word.startswith("--") else f"--{word}" for word in words]


def example_text(host: Host) -> str:
    """The example script."""
    lines = [f"python {host.script}", "--data_path /path/to/data", *run_options(host)]
    results = f"--results_file_name results_amess_{host.datasets[0]}.csv"
    return "#!/usr/bin/env bash\n\n" + " \\\n    ".join([*lines, results]) + "\n"


def add_readme_line(host: Host, text: Text) -> bool:
    """A row in the README's table of methods, or where there is none a line in its example of how to run one."""
    example = host.example.format(method="amess")
    row = f"| [A-MESS](./{example}) | [Paper]({PAPER}) | arXiv 2025 |"
    if add_behind_last(text, lambda line: line.startswith("| [") and "](./examples/" in line, row):
        return True
    return add_behind_last(text, lambda line: line.strip().startswith("sh examples/"), f"sh {example}  # A-MESS")


def contribution_text(host: Host, commit: str, files: list[str]) -> str:
    """The letter to the maintainers, with places for figures that only a run on the real data can fill."""
    name, dataset = next(iter(host.config_files.values()))
    args: Any = SimpleNamespace(text_backbone="bert-large-uncased", dataset=host.datasets[0], method="amess")
    values = host_param(name.format(method="amess"))(args).hyper_param
    own = {field.name for field in dataclasses.fields(plugin("amess").settings)}
    training = {field.name for field in dataclasses.fields(TrainSettings)}
    command = " \\\n    ".join([f"python {host.script} --data_path DIR", *run_options(host)])
    return TEXT.format(
        host=host.name,
        title=TITLE,
        paper=PAPER,
        commit=commit,
        version=__version__,
        files="\n".join(f"- `{path}`" for path in files),
        training=table(values, training),
        own=table(values, own),
        command=command,
        figures=FIGURES[host.short],
        dataset=host.datasets[0],
        requirement=" and `requirements.txt` another" if host.requirement else "",
        limits=LIMITS.get(host.short, ""),
    )


def table(values: dict[str, Any], names: set[str]) -> str:
    """A setting a row, with its value."""
    rows = [f"| `{key}` | `{value!r}` |" for key, value in values.items() if key in names]
    return "\n".join(["| setting | value |", "|-|-|", *rows])


def empty_table(head: str, rows: Iterable[str]) -> str:
    """A table whose first column is filled in."""
    columns = head.count("|") - 1
    lines = [head, "|" + "-|" * columns, *(f"| {row} |" + " |" * (columns - 1) for row in rows)]
    return "\n".join(lines)


MEAN = "mean ± std"
IN_SCOPE = empty_table("| seed | ACC | WF1 | WP | F1 | P | R |", [*"01234", MEAN])
OPEN_SET = "\n\nIn-scope and out-of-scope utterances together:\n\n" + empty_table(
    "| | OID ACC | F1-known | F1-open | OID F1 |", [MEAN]
)
DETECTION = "\n\nOut-of-scope detection:\n\n" + empty_table(
    "| detector | AUROC | AUPR-in | AUPR-out | FPR95 | EER | DER |",
    ["ma", "vim", "residual", "msp", "maxlogit", "energy"],
)
FIGURES = {
    "mmoir": IN_SCOPE + OPEN_SET + DETECTION,
    "mintrec2": IN_SCOPE + OPEN_SET,
    "mintrec": empty_table("| seed | ACC | F1 | P | R |", [*"01234", MEAN]),
    "mintood": IN_SCOPE + DETECTION,
}
LIMITS = {
    "mintrec": "- As with the other methods, testing without `--train` finds no model: the output folder is named by "
    "the time.\n- `sentence-transformers` is new in `requirements.txt`.\n",
    "mintood": "- MIntRec only: the table of MIntRec2.0 lacks `label_len`. MELD-DA and IEMOCAP-DA need descriptions of "
    "their labels (`descriptions_path`).\n- `sentence-transformers` is new in `requirements.txt`.\n",
}
TEXT = """\
# Add A-MESS to {host}

Made for commit `{commit}` by mia-plugins {version}; `git apply` puts it onto a clean clone.

## What

*{title}* ([arXiv 2503.19474]({paper})) as a method of this repository: `--method amess`.

Video and audio are read by the text through cross-attention; of the fused tokens the most reliable ones become
anchors, enrich each other across modalities and are woven back into the text embeddings, which then pass the
pre-trained encoder. A second head pulls the sentence's embedding to written descriptions of its label and away from
those of the other labels in the batch. The classifier sees both.

Files:

{files}

The maps get one import and one entry a name, the README a line{requirement}; nothing else of the repository changes.

## Why

It is a published method on this benchmark's data sets, and was missing here. It uses this repository's data manager,
loaders, metrics, early stopping and out-of-scope evaluation, so its figures can stand beside the others'.

The published code of the method was not at hand: this is a reading of the paper. Where the paper leaves something open,
the settings name the choice, and "reading n" in comments refers to the list of readings in mia-plugins
(`docs/readings.md`). The label descriptions beside the network were written anew; the paper's own can be used by
`descriptions_path`, a JSON file or the text of the paper's appendix.

## Settings

Training (`configs`), on {dataset}:

{training}

The method:

{own}

## How to run

```
{command}
```

`text_backbone` is looked up as for the other methods; `sentence_encoder` is a name or a folder that
sentence-transformers can load.

- Python 3.9 and torch 2.0 or newer (`scaled_dot_product_attention`), beside this repository's requirements.
- Batches are cut to their longest clip and cast to float32 in the manager; the loaders are used as they are.
- Thresholds and detectors are fitted on the in-scope training clips in a fixed order.
{limits}
## Figures

To be filled in from runs on the real {dataset} with the settings above (the seeds that the script runs):

{figures}

## How it was tested

- The network's file and the manager are generated from the method's package; a test there compares the syntax tree of
  every function and class, and each equation is tested against a slow reference.
- The patch is applied to a clean clone, checked by `ruff check --select E,F`, trained for an epoch and tested with
  in-scope and out-of-scope clips of made data in this repository's format, without the package installed.
- With the same seed, data and settings the metrics are those of the package's own `run.py`, bit for bit on the CPU.
- Run with transformers 4.28.1, pandas 1.5 and torch 2.13. Not tested here: the real data, and GPUs.
"""
