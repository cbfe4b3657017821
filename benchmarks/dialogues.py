"""Does what was said before help? Dialogue acts of MELD-DA and IEMOCAP-DA from the text, whole dialogues a split.

``python -m benchmarks.dialogues --data DIR``: DIR holds ``MELD-DA/{train,dev}.tsv`` and ``IEMOCAP-DA/{train,dev}.tsv``, as
MMOIR has them. Their rows are pooled and dealt out again dialogue by dialogue, since the published splits tear dialogues
apart. A run that is finished is not repeated.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mia_plugins import run
from mia_plugins.data.clips import Clips, LoadedData
from mia_plugins.data.dataset import DataRequest, Outline

ACTS = dict(
    zip(
        ("g", "q", "ans", "o", "s", "ap", "c", "ag", "dag", "a", "b"),
        (
            *("Greeting", "Question", "Answer", "Statement Opinion", "Statement Non Opinion", "Apology", "Command"),
            *("Agreement", "Disagreement", "Acknowledge", "Backchannel"),
        ),
    )
)
LENGTHS = {"MELD-DA": 70, "IEMOCAP-DA": 44}
CONTEXTS: Mapping[str, Mapping[str, Any]] = {
    "single turns": {},
    "same speaker": {"dialogue_mode": "multi_turn", "context": "same_speaker"},
    "all speakers": {"dialogue_mode": "multi_turn", "context": "all"},
}
METRICS = ("acc", "f1", "oid_acc", "oid_f1")


class Dialogues:
    """Dialogue acts from the text alone, a data set that ``run.py`` takes.

    Args:
        name: ``MELD-DA`` or ``IEMOCAP-DA``.
        folder: of its tables.
        sizes: rows of train, dev and test, whole dialogues each: the first ones of a random order that reach them.
    """

    ood_dataset = ""

    def __init__(self, name: str, folder: Path, sizes: Mapping[str, int]) -> None:
        self.name, self.folder, self.sizes = name, folder, sizes
        self.max_lengths = {"text": LENGTHS[name], "video": 1, "audio": 1}
        self.code = (Dialogues,)

    def outline(self, request: DataRequest) -> Outline:
        """The acts."""
        return Outline(self.name, tuple(ACTS.values()))

    def files(self, request: DataRequest) -> list[Path]:
        """The tables."""
        return [self.folder / f"{split}.tsv" for split in ("train", "dev")]

    def read_unlabelled(self, request: DataRequest, max_lengths: Mapping[str, int]) -> Clips:
        """Not needed here."""
        raise NotImplementedError

    def read(self, request: DataRequest) -> LoadedData:
        """All splits, in-scope and out-of-scope rows apart."""
        rows = [self.row(cells) for path in self.files(request) for cells in table(path)]
        rows = [row for row in rows if row["turn"].isdecimal()]  # IEMOCAP-DA: MXX1 has no place in its dialogue
        names = sorted({row["dialogue"] for row in rows})
        order = [names[i] for i in np.random.default_rng(0).permutation(len(names))]
        splits: dict[str, list[dict[str, Any]]] = {}
        for split, size in self.sizes.items():
            chosen = splits.setdefault(split, [])
            while len(chosen) < size:
                dialogue = order.pop()
                chosen += [row for row in rows if row["dialogue"] == dialogue]
        ids = {act: i for i, act in enumerate(ACTS)}
        scopes = {"": [*ACTS], "ood_": ["oth"]}
        return LoadedData(
            {
                scope + split: clips([row for row in chosen if row["act"] in acts], ids)
                for split, chosen in splits.items()
                for scope, acts in scopes.items()
            },
            tuple(ACTS.values()),
            video_dim=1,
            audio_dim=1,
            sources=tuple(self.files(request)),
        )

    def row(self, cells: Sequence[str]) -> dict[str, Any]:
        """One row's dialogue, turn, speaker, text and act."""
        if self.name == "MELD-DA":
            dialogue, turn, text, act, _, speaker = cells[:6]
            return {"dialogue": dialogue, "turn": turn, "speaker": speaker, "text": text, "act": act}
        # Ses03F_script03_2_M006: each of the two speakers is counted apart, so that their order is nearly the real one
        dialogue, _, turn = cells[0].rpartition("_")
        return {"dialogue": dialogue, "turn": turn[1:], "speaker": turn[0], "text": cells[1], "act": cells[2]}


def table(path: Path) -> list[list[str]]:
    """The rows of a table below its header."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))[1:]


def clips(rows: Sequence[Mapping[str, Any]], ids: Mapping[str, int]) -> Clips:
    """Rows as clips without video and audio."""
    none = [np.empty((0, 1), np.float32)] * len(rows)
    return Clips(
        keys=[f"{row['dialogue']}_{row['speaker']}_{row['turn']}" for row in rows],
        texts=[row["text"] for row in rows],
        label_ids=np.array([ids.get(row["act"], len(ids)) for row in rows], np.int64),
        video=none,
        audio=none,
        dialogues=[row["dialogue"] for row in rows],
        turns=[int(row["turn"]) for row in rows],
        speakers=[row["speaker"] for row in rows],
    )


def shallow_encoder(folder: Path, layers: int) -> Path:
    """The first layers of all-MiniLM-L6-v2, with its tokenizer."""
    if not (folder / "config.json").is_file():
        from transformers import AutoModel, AutoTokenizer

        from mia_plugins.nn.lookup import DEMO, resolve

        source = resolve(DEMO)
        AutoModel.from_pretrained(source, num_hidden_layers=layers).save_pretrained(folder)
        AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return folder


def main() -> None:
    """Runs every combination and prints a table of means and standard deviations over the seeds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dialogues")
    parser.add_argument("--data", required=True, help="folder of MELD-DA/ and IEMOCAP-DA/")
    parser.add_argument("--datasets", nargs="+", default=list(LENGTHS), choices=list(LENGTHS))
    parser.add_argument("--methods", nargs="+", default=["text"])
    parser.add_argument("--contexts", nargs="+", default=list(CONTEXTS), choices=list(CONTEXTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--layers", type=int, default=3, help="of the encoder")
    parser.add_argument("--turns", type=int, default=2, help="earlier utterances")
    parser.add_argument("--sizes", nargs=3, type=int, default=[1000, 250, 1000], help="rows of train, dev and test")
    parser.add_argument("--work", default="dialogue-runs", help="folder of the runs")
    options = parser.parse_args()
    os.environ.setdefault("MIA_PLUGINS_CACHE", str(Path(options.work, "cache")))
    encoder = shallow_encoder(Path(options.work, f"MiniLM-L{options.layers}"), options.layers)
    settings = {"num_train_epochs": 4, "train_batch_size": 16, "lr": 1e-4, "new_lr_factor": 5.0}
    lines = [f"| data set | method | context | {' | '.join(METRICS)} |", f"|{' --- |' * (3 + len(METRICS))}"]
    for name in options.datasets:
        dataset = Dialogues(name, Path(options.data, name), dict(zip(("train", "dev", "test"), options.sizes)))
        for method in options.methods:
            for context in options.contexts:
                chosen = dict(CONTEXTS[context])
                chosen |= {"context_turns": options.turns, "context_len": 1.0} if chosen else {}
                results = run(
                    method=method,
                    dataset=dataset,
                    data_path=str(dataset.folder),
                    text_backbone=str(encoder),
                    train=True,
                    train_ood=True,
                    test_ood=True,
                    save_model=False,
                    gpu_id="cpu",
                    seeds=options.seeds,
                    output_path=str(Path(options.work, "outputs")),
                    log_path=str(Path(options.work, "logs")),
                    set=settings,
                    **chosen,
                )
                cells = []
                for metric in METRICS:
                    values = [each.metrics[metric] for each in results.runs]
                    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
                    cells.append(f"{statistics.fmean(values):.2f}{spread}")
                lines.append(f"| {name} | {method} | {context} | {' | '.join(cells)} |")
                print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
