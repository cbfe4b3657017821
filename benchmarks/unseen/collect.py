"""Trains each draw once and keeps what every score is made of.

    python -m benchmarks.unseen.collect DATA --datasets MIntRec MIntRec2.0 IEMOCAP-DA --methods amess text --draws 5

DATA is a folder with one folder of annotations a data set. Video and audio are word embeddings of the clips' published
descriptions where there are any, otherwise noise. A draw that is there is not made again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mia_plugins.data.clips import Clips, LoadedData
from mia_plugins.methods.amess.descriptions import load_descriptions
from mia_plugins.nn.lookup import resolve, usual_rates
from mia_plugins.plugin.method import build_model
from mia_plugins.plugin.registry import find_method
from mia_plugins.plugin.task import Task
from mia_plugins.simulate.described import Describer
from mia_plugins.system.devices import set_seed
from mia_plugins.training.arguments import RunArguments
from mia_plugins.training.loading import make_loader, make_loaders
from mia_plugins.training.manager import Manager
from mia_plugins.training.predict import outputs
from mia_plugins.training.settings import TrainSettings

from .rows import TABLES, Row, draw_labels, read_descriptions, read_rows, split_rows

ENCODER, WIDTH, CPU = "all-MiniLM-L6-v2", 64, torch.device("cpu")
WORDS = {"video": 32, "audio": 16}
COLUMNS = {"video": ("Actions", "Interaction"), "audio": ("Emotions",)}
TEXT_LENGTH = 50


def make_frames(rows: Sequence[Row], texts: dict[str, str], modality: str, seed: int) -> list[np.ndarray]:
    """Frames of every row: embeddings of its description's first words, or noise."""
    if not texts:
        random = np.random.default_rng(seed)
        return [random.normal(size=(16, WIDTH)).astype(np.float32) for _ in rows]
    describer, frames = Describer(ENCODER, [WIDTH], seed), [np.zeros((1, WIDTH), np.float32)] * len(rows)
    for place, values in describer.sequences([texts.get(row.key, "") for row in rows], WIDTH, WORDS[modality]):
        frames[place] = values.astype(np.float32)
    return frames


def make_data(folder: Path, name: str, draw: int, cache: dict[str, Any]) -> tuple[LoadedData, dict[str, Any]]:
    """The clips of a draw, and what is kept beside the model's outputs."""
    table = TABLES[name]
    train, dev = (read_rows(folder, table, split) for split in ("train", "dev"))
    labels = sorted({row.label for row in train} - {table.out_of_scope})
    new = draw_labels(labels, table.left_out, draw)
    known = [label for label in labels if label not in new]
    rows = split_rows(table, train, dev, new)
    wanted = {row.key: row for part in rows.values() for row in part}
    absent = [row for key, row in wanted.items() if key not in cache]
    if absent:
        from sentence_transformers import SentenceTransformer

        vectors = SentenceTransformer(resolve(ENCODER), device="cpu").encode([row.text for row in absent])
        frames = [make_frames(absent, read_descriptions(folder, table, COLUMNS[m]), m, 0) for m in ("video", "audio")]
        cache.update({row.key: each for row, *each in zip(absent, vectors, *frames)})
    ids = {label: i for i, label in enumerate([*known, *new])}
    splits = {
        split: Clips(
            keys=[row.key for row in part],
            texts=[row.text for row in part],
            label_ids=np.array([ids.get(row.label, len(ids)) for row in part], np.int64),
            video=[cache[row.key][1] for row in part],
            audio=[cache[row.key][2] for row in part],
        )
        for split, part in rows.items()
    }
    kept: dict[str, Any] = {"known": known, "new": new}
    for split, part in rows.items():
        kept[f"{split}_text"] = np.stack([cache[row.key][0] for row in part])
        kept[f"{split}_labels"] = splits[split].label_ids
    return LoadedData(splits, tuple(known), WIDTH, WIDTH, ()), kept


def run(data: LoadedData, name: str, descriptions: Path, epochs: int, draw: int, method_name: str) -> dict[str, Any]:
    """Trains a model and scores every split."""
    method = find_method(method_name)
    own = {"descriptions_path": str(descriptions), "sentence_encoder": ENCODER} if method_name == "amess" else {}
    method_settings = method.settings(**own)
    settings = TrainSettings(num_train_epochs=epochs, **usual_rates(ENCODER))  # type: ignore[arg-type]
    task = Task(name, data.labels, len(data.labels), resolve(ENCODER), TEXT_LENGTH, 64, 64, WIDTH, WIDTH)
    set_seed(draw)
    model = build_model(method, task, method_settings)
    from mia_plugins.nn.backbones import load_tokenizer

    tokenizer = load_tokenizer(resolve(ENCODER))
    loaders = make_loaders(data, tokenizer, TEXT_LENGTH, settings, 0, CPU)
    kept: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        args = RunArguments(method, settings, len(data.labels), CPU, {}, True, Path(folder))
        manager = (method.manager or Manager)(args, loaders, model)
        history = manager._train(args)
    kept["dev_score"] = max(epoch.score for epoch in history)
    for split, clips in data.splits.items():
        loader = make_loader(clips, tokenizer=tokenizer, text_length=TEXT_LENGTH, batch_size=64, device=CPU)
        parts: dict[str, list[np.ndarray]] = {}
        order = []
        for batch, output in outputs(model, loader, device=CPU, precision="float32"):
            order.append(batch["index"])
            for field in ("logits", "features", "sentence"):
                if getattr(output, field, None) is not None:
                    parts.setdefault(field, []).append(getattr(output, field).numpy())
        places = torch.cat(order).argsort().numpy()
        kept.update({f"{split}_{field}": np.concatenate(values)[places] for field, values in parts.items()})
    kept["weight"], kept["bias"] = (part.detach().numpy() for part in model.vim())
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes what is not there yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unseen.collect", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--datasets", nargs="+", default=list(TABLES), choices=TABLES)
    parser.add_argument("--methods", nargs="+", default=["amess"], metavar="NAME")
    parser.add_argument("--draws", type=int, default=5, metavar="N")
    parser.add_argument("--epochs", type=int, default=5, metavar="N")
    parser.add_argument("--work", type=Path, default=Path("unseen"), metavar="DIR")
    options = parser.parse_args(arguments)
    from sentence_transformers import SentenceTransformer

    for name in options.datasets:
        cache: dict[str, Any] = {}
        for draw in range(options.draws):
            for method in options.methods:
                path = options.work / f"{name}_{method}_{draw}.npz"
                if path.is_file():
                    continue
                begun = time.monotonic()
                data, kept = make_data(options.data / name, name, draw, cache)
                labels = [*kept["known"], *kept["new"]]
                acts = Path(__file__).with_name("acts.json")
                bundled = Path(load_descriptions.__code__.co_filename).with_suffix(".json")
                source = acts if name == "IEMOCAP-DA" else bundled
                count = 3 if name == "IEMOCAP-DA" else 8
                sentences = load_descriptions(labels, source, count)
                encoder = SentenceTransformer(resolve(ENCODER), device="cpu")
                kept["descriptions"] = np.stack([encoder.encode(each) for each in sentences])
                read = time.monotonic()
                kept |= run(data, name, source, options.epochs, draw, method)
                options.work.mkdir(parents=True, exist_ok=True)
                np.savez_compressed(path, **kept)
                sizes = {split: len(clips) for split, clips in data.splits.items()}
                seconds = read - begun, time.monotonic() - read
                line = {"file": path.name, "score": round(kept["dev_score"], 3), **sizes, "new": kept["new"]}
                print(json.dumps({**line, "seconds": [round(each) for each in seconds]}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
