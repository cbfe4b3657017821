"""Row: putting utterances and their history together, against MMOIR's own ``generate_context``, in one process.

``python -m benchmarks.context --hosts DIR``: DIR holds a checkout of MMOIR. Both sides get the same made dialogues of
MIntRec2.0's sizes and give the sequences of every utterance once: an epoch. Ours includes what it does once a training.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mia_plugins.data.context import with_context
from mia_plugins.data.history import FramesWithHistory, History, previous_turns, text_with_history

LONGEST = {"text": 50, "video": 180, "audio": 400}
WIDTHS = {"video": 256, "audio": 768}
SPEAKERS = 3
AT_ONCE = 2  # dialogues a batch, as in the benchmarks' configs


def made(dialogues: int, turns: int) -> list[dict[str, Any]]:
    """Dialogues with their speakers, token ids and frames."""
    draws, found = np.random.default_rng(0), []
    for _ in range(dialogues):
        count = int(draws.integers(2, 2 * turns))
        words = [draws.integers(5, 999, int(draws.integers(3, 20))).tolist() for _ in range(count)]
        one: dict[str, Any] = {
            "speakers": draws.integers(0, SPEAKERS, count).tolist(),
            "text": [[2, *each, 3] for each in words],
        }
        for kind, width in WIDTHS.items():
            lengths = draws.integers(10, LONGEST[kind], count)
            one[kind] = [draws.normal(size=(length, width)).astype(np.float32) for length in lengths]
        found.append(one)
    return found


def batches_of_host(dialogues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Padded batches as the host's loader makes them; not part of what is timed."""
    batches = []
    for at in range(0, len(dialogues), AT_ONCE):
        part = dialogues[at : at + AT_ONCE]
        most = max(len(one["speakers"]) for one in part)
        batch: dict[str, Any] = {"speakers": torch.zeros(len(part), most, dtype=torch.int64)}
        text = torch.zeros(len(part), most, 3, LONGEST["text"], dtype=torch.int64)
        frames = {kind: torch.zeros(len(part), most, LONGEST[kind], width) for kind, width in WIDTHS.items()}
        lengths = {kind: torch.zeros(len(part), most, dtype=torch.int64) for kind in WIDTHS}
        for d, one in enumerate(part):
            batch["speakers"][d, : len(one["speakers"])] = torch.tensor(one["speakers"])
            for u, ids in enumerate(one["text"]):
                text[d, u, 0, : len(ids)], text[d, u, 1, : len(ids)] = torch.tensor(ids), 1
                for kind in WIDTHS:
                    frames[kind][d, u, : len(one[kind][u])] = torch.from_numpy(one[kind][u])
                    lengths[kind][d, u] = len(one[kind][u])
        batch.update(text=text, frames=frames, lengths=lengths)
        batches.append(batch)
    return batches


def epoch_of_host(generate_context: Callable[..., Any], batches: list[dict[str, Any]], context_len: float) -> None:
    """The host's sequences of every utterance."""
    for batch in batches:
        count = batch["text"][:, :, 1].sum(dim=2, keepdim=True)
        generate_context(None, batch["text"].clone(), batch["speakers"], None, count, context_len)
        for kind, frames in batch["frames"].items():
            generate_context(None, frames, batch["speakers"], None, batch["lengths"][kind], context_len, modality=kind)


def epoch_of_ours(dialogues: list[dict[str, Any]], context_len: float) -> None:
    """Ours: the chains once, then every utterance's sequences, one after the other."""
    rows = [(d, u) for d, one in enumerate(dialogues) for u in range(len(one["speakers"]))]
    columns = [str(d) for d, _ in rows], [u for _, u in rows], [str(dialogues[d]["speakers"][u]) for d, u in rows]
    history, everything = History(previous_turns(*columns)), np.arange(len(rows))
    most = {kind: with_context(longest, context_len) for kind, longest in LONGEST.items()}
    flat = {kind: [dialogues[d][kind][u] for d, u in rows] for kind in LONGEST}
    views = [FramesWithHistory(flat[kind], history, everything, most[kind]) for kind in WIDTHS]
    for row in range(len(rows)):
        text_with_history((flat["text"][i] for i in (row, *history.newest_first(row))), most["text"])
        for view in views:
            view[row]
            view.turn_ids(row)


def timed(call: Callable[[], None]) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    """Prints the ratio of each round and their median."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.context")
    parser.add_argument("--hosts", default=os.environ.get("MIA_HOSTS"), help="folder with MMOIR in it")
    parser.add_argument("--dialogues", type=int, default=40)
    parser.add_argument("--turns", type=int, default=12, help="utterances of a dialogue, on average")
    parser.add_argument("--context_len", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not options.hosts:
        parser.error("--hosts: give the folder with a checkout of MMOIR")
    spec = importlib.util.spec_from_file_location("mt", Path(options.hosts, "MMOIR", "utils", "mt.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    dialogues = made(options.dialogues, options.turns)
    batches, count = batches_of_host(dialogues), sum(len(one["speakers"]) for one in dialogues)
    ratios = []
    for _ in range(options.rounds):
        theirs = timed(lambda: epoch_of_host(module.generate_context, batches, options.context_len))
        ours = timed(lambda: epoch_of_ours(dialogues, options.context_len))
        ratios.append(theirs / ours)
        print(f"{count} utterances: MMOIR {theirs:.3f} s, ours {ours:.3f} s, {ratios[-1]:.1f} x", flush=True)
    print(f"median {statistics.median(ratios):.1f} x, {min(ratios):.1f} to {max(ratios):.1f}")


if __name__ == "__main__":
    main()
