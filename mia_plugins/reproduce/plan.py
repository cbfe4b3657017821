"""A plan: the runs that some experiments need, each once, with everything a result depends on."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..data.dataset import DataSet
from ..errors import UserError
from ..evaluation.metrics import METRICS, headings, shown_in_tables
from ..nn.lookup import short_name
from ..plugin.method import Method
from ..plugin.params import hyper_parameters, load_param, modules
from ..plugin.registry import find_dataset, find_method
from ..plugin.settings import parse_assignments
from ..runs.combinations import combinations
from ..runs.defaults import with_defaults
from ..runs.digests import code_digest, data_digest
from ..runs.options import make_options
from ..runs.requests import check_scope, data_request
from ..system.digests import content, digest
from ..training.settings import TrainSettings
from .experiments import Experiment, Row

# options of this command that every run takes as they are
PASSED = ("text_backbone", "ood_dataset", "video_feats", "audio_feats", "gpu_id", "num_workers", "save_model")


@dataclass(frozen=True)
class Planned:
    """One run.

    Attributes:
        method, dataset, seed, ood: what is run; ``ood``: trained and tested with out-of-scope clips.
        settings: what differs from the config.
        key: digest of settings, data, encoders and seed.
        code: digest of the source.
        label, text_backbone, eval_monitor: to be shown.
        config_file_name: the config that the settings start from; None: the data set's.
    """

    method: str
    dataset: str
    seed: int
    ood: bool
    settings: Mapping[str, Any] = field(compare=False)
    key: str
    code: str
    label: str = field(compare=False)
    text_backbone: str = ""
    eval_monitor: str = ""
    config_file_name: str | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.method}_{self.dataset}_{self.seed}_{self.key[:10]}_{self.code[:8]}"


@dataclass
class Plan:
    """Experiments, the runs behind each of their rows, all runs once, and what could not be planned."""

    experiments: list[Experiment] = field(default_factory=list)
    of_row: dict[tuple[str, str, str], list[Planned]] = field(default_factory=dict)
    runs: list[Planned] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def runs_of(self, experiment: Experiment, row: Row) -> list[Planned]:
        """The runs of a row, one for each seed."""
        return self.of_row.get((experiment.name, experiment.dataset, row.label), [])


def make_plan(wanted: Iterable[Experiment], options: argparse.Namespace) -> Plan:
    """Plans every row under every seed; data sets that are not there and rows that cannot run become notes.

    Args:
        wanted: experiments.
        options: of the command; reads ``data_path, seeds, assignments, config_file_name, descriptions_path`` and those
            that every run takes.

    Raises:
        UserError: a setting that no method of the plan knows, or no data set at all.
    """
    plan = Plan()
    wanted = list(wanted)
    assignments = parse_assignments(options.assignments)
    check_assignments(assignments, {row.method for each in wanted for row in each.rows if row.method})
    check_config(options, wanted)
    data: dict[tuple[str, bool], tuple[str, str] | None] = {}
    for experiment in wanted:
        place = experiment.dataset, experiment.ood
        if place not in data:
            data[place] = find_data(experiment, options, plan.notes)
        there = data[place]
        if there is None:
            continue
        experiment = scored(experiment, there[1])
        plan.experiments.append(experiment)
        seeds = options.seeds[:1] if experiment.first_seed_only else options.seeds
        for row in experiment.rows:
            if row.method is None:
                continue
            try:
                runs = [plan_run(experiment, row, seed, there[0], assignments, options) for seed in seeds]
            except UserError as error:
                plan.notes.append(f"{experiment.title}: {row.label} is left out: {error}")
                continue
            plan.of_row[experiment.name, experiment.dataset, row.label] = runs
    if not plan.of_row:
        raise UserError("; ".join(plan.notes) or "there is nothing to run")
    every = [run for runs in plan.of_row.values() for run in runs]
    # by data set, so that each is read once; then by seed, so that whole tables of few seeds come first
    order = {place: i for i, place in enumerate(data)}
    plan.runs = sorted(
        dict.fromkeys(every), key=lambda run: (order[run.dataset, run.ood], options.seeds.index(run.seed))
    )
    return plan


def scored(experiment: Experiment, problem: str) -> Experiment:
    """The experiment with the metrics of its data set's problem; those of classes are the paper's."""
    if problem == "multi-class":
        return experiment
    shown = [name for names in shown_in_tables().values() for name in names if METRICS[name].problem == problem]
    return replace(experiment, metrics=headings(*shown))


def find_data(experiment: Experiment, options: argparse.Namespace, notes: list[str]) -> tuple[str, str] | None:
    """The digest of an experiment's data and its problem; None, and a note, where they are not there or do not fit."""
    each = run_options(options, dataset=experiment.dataset, train_ood=experiment.ood, test_ood=experiment.ood)
    try:
        dataset, request = find_dataset(experiment.dataset), data_request(each)
        problem = dataset.outline(request).problem
        check_scope(each, problem)
        return data_digest(dataset, request), problem
    except UserError as error:
        notes.append(f"{experiment.title} is left out: {error}")
        return None


def plan_run(
    experiment: Experiment, row: Row, seed: int, data: str, assignments: Mapping[str, Any], options: argparse.Namespace
) -> Planned:
    """One run of a row, its settings resolved and checked."""
    method, dataset = find_method(str(row.method)), find_dataset(experiment.dataset)
    known = fields(method)
    settings = {key: value for key, value in assignments.items() if key in known}
    if options.descriptions_path and "descriptions_path" in known:
        settings["descriptions_path"] = str(Path(options.descriptions_path).resolve())
    settings.update(row.settings)
    each = run_options(options, method=method.name, dataset=experiment.dataset, set=settings)
    each.train_ood = each.test_ood = experiment.ood
    if not takes_config(method, dataset, each):
        each.config_file_name = None
    each = with_defaults(each, method, dataset)
    outline = dataset.outline(data_request(each))
    found = combinations(each, method, outline.problem)
    if len(found) > 1:
        raise UserError("a plan has one value for every setting; lists are searched by run.py --tune")
    if method.check is not None:
        method.check(outline, found[0].method_settings)
    resolved = found[0].values()
    key = digest(
        {
            **{name: value for name, value in vars(each).items() if name in ("ood_dataset", "data_mode")},
            "method": method.name,
            "dataset": experiment.dataset,
            "data": data,
            "ood": experiment.ood,
            "seed": seed,
            "text_backbone": content(each.text_backbone),
            "settings": {name: content(value) for name, value in resolved.items()},
        }
    )
    label = (
        f"{row.label}, {experiment.dataset}{' with OOS' if experiment.ood else ''}, {short_name(each.text_backbone)}"
    )
    return Planned(
        method=method.name,
        dataset=experiment.dataset,
        seed=seed,
        ood=experiment.ood,
        settings=settings,
        key=key,
        code=code_digest(method, dataset),
        label=label,
        text_backbone=short_name(each.text_backbone),
        eval_monitor=resolved["eval_monitor"],
        config_file_name=each.config_file_name,
    )


def run_options(options: argparse.Namespace, **more: Any) -> argparse.Namespace:
    """Options of one training run, from those of the plan."""
    passed = {name: getattr(options, name) for name in PASSED}
    config = {"config_file_name": options.config_file_name, "data_path": str(options.data_path)}
    return make_options({"train": True, "resume": True, "save_results": True, **passed, **config, **more})


def fields(method: Any) -> set[str]:
    """The hyper-parameters a method's run knows."""
    return {field.name for kind in (TrainSettings, method.settings) for field in dataclasses.fields(kind)}


def check_assignments(assignments: Mapping[str, Any], methods: Iterable[str]) -> None:
    """Every setting must be known to a method of the plan, and have one value."""
    known = {name for method in methods for name in fields(find_method(method))}
    for key, value in assignments.items():
        if isinstance(value, list):
            raise UserError(f"{key}={value}: a plan has one value for every setting; run.py --tune searches lists")
        if key not in known:
            raise UserError(f"unknown hyper-parameter {key!r}; known: {', '.join(sorted(known))}")


def takes_config(method: Method, dataset: DataSet, options: argparse.Namespace) -> bool:
    """Whether a method takes the config that the command names: one of its own, or a file whose settings it all knows.

    Raises:
        UserError: the file is no config.
    """
    name = options.config_file_name
    if not name:
        return False
    if not Path(name).is_file():
        return name.removesuffix(".py") in modules(method.configs)
    options = with_defaults(options, method, dataset)
    return set(hyper_parameters(load_param(method, dataset.name, name), options)) <= fields(method)


def check_config(options: argparse.Namespace, wanted: Iterable[Experiment]) -> None:
    """Some method of the plan must take the config that the command names.

    Raises:
        UserError: none does.
    """
    if not options.config_file_name:
        return
    pairs = {(row.method, each.dataset) for each in wanted for row in each.rows if row.method}
    methods = {method for method, _ in pairs}
    each = run_options(options)
    if not any(takes_config(find_method(method), find_dataset(dataset), each) for method, dataset in sorted(pairs)):
        known = ", ".join(name for method in sorted(methods) for name in modules(find_method(method).configs))
        raise UserError(f"--config_file_name {options.config_file_name}: no method of the plan has it; known: {known}")
