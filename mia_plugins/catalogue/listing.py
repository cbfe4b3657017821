"""The tables of what is installed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import distributions
from typing import Any

from easydict import EasyDict

from .. import __version__
from ..errors import UserError, one_line
from ..evaluation.metrics import METRICS
from ..plugin.builtin import BUILTIN
from ..plugin.method import Method
from ..plugin.params import load_param, modules
from ..plugin.registry import DATASET_GROUP, METHOD_GROUP, find, find_method, names
from ..plugin.settings import describe
from ..training.settings import TrainSettings
from .tables import Table

FULL_SIZE_BACKBONE = "bert-large-uncased"  # some configs go by the size of the text backbone


def origins(group: str) -> dict[str, str]:
    """Where each plugin of a group comes from: this package, another one with its version, or this process."""
    places = dict.fromkeys(BUILTIN[group], f"built in, mia-plugins {__version__}")
    for package in distributions():
        for point in package.entry_points:
            if point.group == group:
                places.setdefault(point.name, f"{package.metadata['Name']} {package.version}")
    return {name: places[name] if place else "registered in this process" for name, place in names(group).items()}


def plugin_rows(group: str, cells: Callable[[Any], list[Any]], columns: int) -> list[list[Any]]:
    """A row a plugin: its name, ``cells`` of the plugin, its origin; one that cannot be imported says why."""
    rows = []
    for name, origin in origins(group).items():
        try:
            middle = cells(find(group, name))
        except Exception as error:  # somebody's package that fails while it is imported
            middle = [*[""] * (columns - 1), f"cannot be used: {one_line(error)}"]
        rows.append([name, *middle, origin])
    return rows


def methods() -> Table:
    """Every method."""

    def cells(method: Method) -> list[Any]:
        hooks = [hook for hook in ("prepare", "optimizer", "inspect", "pictures", "manager") if getattr(method, hook)]
        return [method.label, tuple(modules(method.configs)), tuple(hooks)]

    rows = plugin_rows(METHOD_GROUP, cells, 3)
    return Table("Methods", ("method", "title", "configs", "hooks", "from"), rows)


def datasets() -> Table:
    """Every data set; lengths are the most tokens of a text and the most frames of video and audio."""

    def cells(dataset: Any) -> list[Any]:
        lengths = tuple(dataset.max_lengths[name] for name in ("text", "video", "audio"))
        features = (tuple(getattr(dataset, name, ())) for name in ("video_files", "audio_files"))
        return [len(getattr(dataset, "labels", ())) or "", lengths, dataset.ood_dataset, *features]

    header = ("data set", "intents", "text, video, audio", "out of scope", "video features", "audio features", "from")
    return Table("Data sets", header, plugin_rows(DATASET_GROUP, cells, 5))


def settings_of(kind: type, title: str, note: str = "") -> Table:
    """The hyper-parameters of a settings dataclass."""
    rows = [(row.name, row.default, f"{row.type} {row.range}".strip(), row.meaning) for row in describe(kind)]
    return Table(title, ("setting", "default", "values", "meaning"), rows, note)


def training_settings() -> Table:
    """The hyper-parameters of training, which every method has."""
    return settings_of(TrainSettings, "Settings of training", "For every method; change one with --set NAME=VALUE.")


def method_settings(name: str) -> list[Table]:
    """The hyper-parameters of a method, and what its configs set."""
    method = find_method(name)
    tables = [settings_of(method.settings, f"Settings of {method.name}")] if describe(method.settings) else []
    columns = {config: config_values(method, config) for config in modules(method.configs)}
    if columns:
        keys = dict.fromkeys(key for values in columns.values() for key in values)
        rows = [(key, *(values.get(key, "") for values in columns.values())) for key in keys]
        note = "In place of the defaults above, for a text backbone of full size; empty: the default stays."
        tables.append(Table(f"Configs of {method.name}", ("setting", *columns), rows, note))
    return tables


def config_values(method: Method, config: str) -> dict[str, Any]:
    """The hyper-parameters that a config sets."""
    dataset = next((name for name in names(DATASET_GROUP) if config.endswith(f"_{name.partition('.')[0]}")), "")
    param = load_param(method, dataset, config)
    try:
        return dict(param(EasyDict(dataset=dataset, text_backbone=FULL_SIZE_BACKBONE)).hyper_param)
    except AttributeError as error:
        raise UserError(f"{config}: needs an option that only a run has ({one_line(error)})") from error


def metrics() -> Table:
    """Every metric, those that installed plugins register included."""
    for group in (METHOD_GROUP, DATASET_GROUP):
        for name in names(group):
            with suppress(Exception):  # a package that fails while it is imported; the lists of plugins say why
                find(group, name)
    rows = [
        (m.name, m.heading, m.group, "higher" if m.higher_is_better else "lower", m.textbook_of or "", m.meaning)
        for m in METRICS.values()
    ]
    header = ("metric", "heading", "table", "better", "textbook of", "meaning")
    return Table("Metrics", header, rows, "Results from Python hold them in percent.")


def everything() -> list[Table]:
    """All tables, for the page of reference."""
    tables = [methods(), datasets(), training_settings()]
    for name in names(METHOD_GROUP):
        tables += method_settings(name)
    return [*tables, metrics()]
