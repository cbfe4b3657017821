"""Row: scoring one utterance, and many, against transformers' own text classifier of the same size.

``python -m benchmarks.scoring SETTINGS`` is the process of either side.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from .data import make_data
from .processes import Bench, child, rounds
from .startup import backbone_of
from .table import Row, median, paired

GOAL = 1.5
BATCH = 64


def measure(bench: Bench, precision: str = "float32") -> list[Row]:
    """The rows."""
    backbone = backbone_of(bench)
    data = make_data(bench.work / "data" / "scoring", 32, 16 if bench.quick else 256)
    from .processes import sentence_encoder

    common = {"data": str(data), "backbone": str(backbone), "device": bench.device, "many": bench.utterances}
    common.update(one=5 if bench.quick else 50, precision=precision)
    sides = {
        "ours": lambda: child(bench, "scoring", {**common, "side": "ours", "encoder": sentence_encoder(bench)}),
        "classifier": lambda: child(bench, "scoring", {**common, "side": "classifier", "encoder": ""}),
    }
    done, failed = rounds(bench, f"scoring-{precision}", common, sides)
    note = "; ".join(f"{side}: {why}" for side, why in failed.items())
    found = []
    for key, what, factor, unit in (
        ("one", "scoring one utterance, warm", 1000, "ms"),
        ("many", f"scoring {bench.utterances} utterances", 1, "s"),
    ):
        values = paired(done, "ours", "classifier", lambda one, key=key: one[key])
        times = {side: factor * median(done, side, lambda one, key=key: one[key]) for side in sides}
        text = f"{precision}, backbone {backbone.name}: {times['ours']:.1f} against {times['classifier']:.1f} {unit}"
        found.append(Row(what, "transformers' text classifier", values, GOAL, False, "x", text, note))
    return found


def score(
    side: str, data: str, backbone: str, device: str, one: int, many: int, precision: str, encoder: str
) -> dict[str, Any]:
    """Times one side, from texts and frames to logits on the CPU, tokenizing included.

    Args:
        side: ours or classifier.
        data, backbone: folders.
        device: ``cpu`` or a GPU's number.
        one: single utterances scored, after as many to warm up; the median counts.
        many: utterances scored in batches.
        precision: float32 or bfloat16.
        encoder: of the label descriptions.
    """
    from .sessions import load

    clips = load(data).splits["test"]
    places = [i % len(clips) for i in range(many)]
    if side == "ours":
        singles, whole, call = our_calls(clips, places, data, backbone, device, one, precision, encoder)
    else:
        singles, whole, call = classifier_calls(clips, places, backbone, device, one, precision)
    for clip in singles:
        call(clip)
    times = [timed(call, clip) for clip in singles]
    call(singles[0])
    return {"one": statistics.median(times), "many": timed(call, whole)}


def timed(call: Callable[[Any], Any], what: Any) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    call(what)
    return time.perf_counter() - began


def our_calls(
    clips: Any, places: list[int], data: str, backbone: str, device: str, one: int, precision: str, encoder: str
) -> tuple[list[Any], Any, Callable[[Any], Any]]:
    """What is scored by A-MESS, and how."""
    from .sessions import chosen_clips, open_session

    chosen = {"sentence_encoder": encoder, "eval_batch_size": BATCH, "precision": precision}
    session = open_session(data, backbone, device, **chosen)
    singles = [chosen_clips(clips, [i % len(clips)]) for i in range(one)]
    return singles, chosen_clips(clips, places), session.score


def classifier_calls(
    clips: Any, places: list[int], backbone: str, device: str, one: int, precision: str
) -> tuple[list[Any], Any, Callable[[Any], Any]]:
    """What is scored by the text classifier, and how: batches in the order given, each padded to its longest."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from mia_plugins.system.devices import choose_device
    from mia_plugins.training.predict import autocast

    where = choose_device(device)
    tokenizer = AutoTokenizer.from_pretrained(backbone)
    model = AutoModelForSequenceClassification.from_pretrained(backbone, num_labels=30).to(where).eval()

    @torch.inference_mode()
    def call(texts: list[str]) -> Any:
        logits = []
        for start in range(0, len(texts), BATCH):
            chosen = texts[start : start + BATCH]
            batch = tokenizer(chosen, padding=True, truncation=True, max_length=50, return_tensors="pt").to(where)
            with autocast(precision, where):
                logits.append(model(**batch).logits.float().cpu())
        return torch.cat(logits)

    singles = [[clips.texts[i % len(clips)]] for i in range(one)]
    return singles, [clips.texts[i] for i in places], call


if __name__ == "__main__":
    print(json.dumps(score(**json.loads(sys.argv[1]))))
