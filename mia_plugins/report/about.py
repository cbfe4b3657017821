"""What was run, when, on what and with what; and the commands that run it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import __version__
from .numbers import plural
from .page import Page
from .runs import Group, installed_method
from .saved import plain

MOST_SHOWN = 6  # different values of one fact
SPLITS = {
    "train": "train",
    "dev": "dev",
    "test": "test",
    "ood_train": "OOS train",
    "ood_dev": "OOS dev",
    "ood_test": "OOS test",
}


def title_of(groups: Sequence[Group]) -> str:
    """The methods, the data sets and the number of runs."""
    records = [group.first.record for group in groups]
    methods = listed({group.label.split(",")[0]: None for group in groups})
    datasets = listed({record["dataset"]: None for record in records})
    return f"{methods} on {datasets}: {plural(sum(len(group.runs) for group in groups), 'run')}"


def summary(groups: Sequence[Group]) -> str:
    """What was run, in a line."""
    records = [run.record for group in groups for run in group.runs]
    seconds = [record["seconds"] for record in records if is_number(record.get("seconds"))]
    facts = [
        ("", f"{plural(len(records), 'run')} of {plural(len(groups), 'setting')}"),
        ("seeds ", values(records, lambda record: record["seed"])),
        ("", values(records, data_of)),
        ("text backbone ", values(records, lambda record: record["text_backbone"])),
        ("on ", values(records, lambda record: record.get("device"))),
        ("made ", dates(records)),
        ("in ", f"{sum(seconds) / 60:.1f} minutes" if seconds else ""),
    ]
    return " · ".join(name + value for name, value in facts if value)


def add_methods(page: Page, groups: Sequence[Group], command: str) -> None:
    """How the runs were made: commands, data, settings and versions.

    Args:
        page: where to.
        groups: of the report.
        command: that made the report.
    """
    records = [run.record for group in groups for run in group.runs]
    page.heading("How it was made")
    page.text(
        "Commands with the same settings; DIR stands for the folder of the data. Runs that are finished are not repeated."
    )
    page.code([command_of(group) for group in groups] + [command])
    facts = {
        "Data": values(records, data_of),
        "Features": values(records, lambda record: " and ".join(dict.fromkeys(map(plain, lines(record, "features"))))),
        "Digest of the test data": values(records, lambda record: part(record, "testing", "data")[:10]),
        "mia-plugins": values(records, lambda record: part(record, "training", "version")),
        "Digest of the code": values(records, lambda record: part(record, "training", "code")[:10]),
        "Other packages": values(records, lambda record: named(entries(record, "versions"))),
        "Device": values(records, lambda record: record.get("device")),
        "Made": dates(records),
        "Report made with": f"mia-plugins {__version__}",
    }
    page.items([f"{name}: {value}" for name, value in facts.items() if value])
    for method in dict.fromkeys(group.first.record["method"] for group in groups):
        settings = [group.first.record["settings"] for group in groups if group.first.record["method"] == method]
        shared = {
            key: value
            for key, value in settings[0].items()
            if all(json.dumps(other.get(key)) == json.dumps(value) for other in settings)
        }
        page.text(f"Settings that all runs of {label_of(method)} share: {named(shared)}.")


def mixed(groups: Sequence[Group]) -> list[str]:
    """What should be equal in groups that are compared, and is not, a line each."""
    records = [run.record for group in groups for run in group.runs]
    found = []
    for method in dict.fromkeys(record["method"] for record in records):
        same = [record for record in records if record["method"] == method]
        for name, words in (("version", "mia-plugins"), ("code", "the code")):
            kinds = dict.fromkeys(part(record, "training", name)[:10] for record in same)
            if len(kinds) > 1:
                found.append(f"the runs of {label_of(method)} are of {len(kinds)} versions of {words}: {listed(kinds)}")
    kinds = dict.fromkeys(part(record, "testing", "data")[:10] for record in records)
    if len(kinds) > 1:
        found.append(f"the runs were tested on {len(kinds)} versions of the data: {listed(kinds)}")
    return found


def command_of(group: Group) -> str:
    """A command that makes the runs of a group."""
    record, words = group.first.record, ["python", "run.py", "--method", group.first.record["method"]]
    words += ["--dataset", record["dataset"]]
    demo = record.get("demo") is True
    words += [] if demo else ["--data_path", "DIR"]
    words += ["--text_backbone", record["text_backbone"], "--train", "--save_results"]
    if record.get("data_mode") not in (None, "multi-class"):
        words += ["--data_mode", plain(record["data_mode"])]
    words += [f"--{name}" for name in ("train_ood", "test_ood") if record.get(name) is True and not demo]
    if record["test_ood"] and record.get("test_mode") == "ood_det":
        words += ["--test_mode", "ood_det", "--ood_detection_method", plain(record.get("ood_detection_method"))]
    dialogue = {name: value for name, value in entries(record, "dialogue").items() if value is not None}
    words += [plain(word) for name, value in dialogue.items() for word in (f"--{name}", value)]
    words += ["--freeze_backbone_parameters"] if record.get("frozen") is True else []
    words += ["--modality_ablation"] if record["modality_ablation"] else []
    words += ["--seeds", *(str(run.record["seed"]) for run in group.runs)]
    for name, value in entries(record, "changed").items():
        words += ["--set", plain(f"{name}={value}")]
    return shlex.join(words)


def values(records: Sequence[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Any]) -> str:
    """The different values of a fact."""
    return listed(dict.fromkeys(plain(value) for value in map(read, records) if value not in (None, "")))


def listed(words: Mapping[str, None]) -> str:
    """A list of words, the first ones where there are many."""
    more = f" and {len(words) - MOST_SHOWN} more" if len(words) > MOST_SHOWN else ""
    return ", ".join(word or "unknown" for word in list(words)[:MOST_SHOWN]) + more


def dates(records: Sequence[Mapping[str, Any]]) -> str:
    """The first and the last day on which a run ended."""
    days = sorted(plain(record["date"])[:10] for record in records if isinstance(record.get("date"), str))
    return "" if not days else days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"


def data_of(record: Mapping[str, Any]) -> str:
    """The data set, its clips, and whether it is the demo."""
    demo = " (the demo: synthetic, it says nothing about real data)" if record.get("demo") is True else ""
    counts = entries(record, "clips")
    sizes = [f"{plain(counts[name])} {words}" for name, words in SPLITS.items() if name in counts]
    return f"{record['dataset']}{demo}" + (f": {', '.join(sizes)} clips" if sizes else "")


def part(record: Mapping[str, Any], name: str, key: str) -> str:
    """An entry of a run's identity; empty where an older version did not keep it."""
    return plain(entries(record, name).get(key) or "")


def entries(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object in a record; empty where there is none."""
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def lines(record: Mapping[str, Any], name: str) -> list[Any]:
    """A list in a record; empty where there is none."""
    found = record.get(name)
    return found if isinstance(found, list) else []


def named(values_by_name: Mapping[str, Any]) -> str:
    """Values with their names."""
    return ", ".join(plain(f"{key}={value}") for key, value in values_by_name.items())


def label_of(method: str) -> str:
    """What a method is called, if it is installed."""
    found = installed_method(method)
    return found.label if found else method


def is_number(value: Any) -> bool:
    """Whether a value of a file is a number."""
    return isinstance(value, (int, float)) and abs(value) < 1e12
