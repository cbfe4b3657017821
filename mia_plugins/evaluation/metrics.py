"""Every metric there is: what it means, which way is better, and where it is shown.

The lists that the rest of the package needs (columns of the results table, tables, dev monitors) are read off this
registry, so that a new metric is one more entry. It computes nothing, and imports nothing heavy.
"""

from __future__ import annotations

from ..errors import UserError
from .metric_definitions import BENCHMARK_METRICS, Metric

METRICS = {metric.name: metric for metric in BENCHMARK_METRICS}


def register_metric(metric: Metric) -> None:
    """Add a metric, such as a plugin's.

    Raises:
        UserError: another metric has its name, or nothing computes what ``eval_monitor`` may be.
    """
    if METRICS.get(metric.name, metric) != metric:
        raise UserError(f"metric {metric.name!r} is registered twice, with different definitions; rename one")
    if metric.monitor is not None and metric.compute is None and metric not in BENCHMARK_METRICS:
        raise UserError(f"metric {metric.name!r}: a monitor needs compute, which scores the dev clips; add it")
    METRICS[metric.name] = metric


def headings(*names: str) -> dict[str, str]:
    """Return the headings of metrics by name.

    Example:
        >>> headings("oid_acc", "f1-known")
        {'oid_acc': 'ACC', 'f1-known': 'F1-IS'}
    """
    return {name: METRICS[name].heading for name in names}


def displayed(name: str, value: float) -> float:
    """Return a result as it is shown: a fraction in percent, anything else unchanged; unknown names are fractions.

    Example:
        >>> displayed("acc", 0.5)
        50.0
    """
    return value if name in METRICS and not METRICS[name].percent else 100 * value


def text_of(name: str, value: float) -> str:
    """Return a result that is :func:`displayed` with the digits that mean something: percent have fewer.

    Example:
        >>> text_of("acc", 61.2)
        '61.20'
    """
    return f"{value:.3f}" if name in METRICS and not METRICS[name].percent else f"{value:.2f}"


def oriented(name: str, value: float) -> float:
    """Return a metric's value with its sign turned, if need be, so that higher is better; and the other way round.

    Example:
        >>> oriented("acc", 0.5), oriented("fpr95", 0.5)
        (0.5, -0.5)
    """
    return value if name not in METRICS or METRICS[name].higher_is_better else -value


def shown_in_tables() -> dict[str, tuple[str, ...]]:
    """Return heading -> names of the metrics, for every table."""
    names = _shown("table")
    groups = dict.fromkeys(METRICS[name].group for name in METRICS if name in names)
    return {group: tuple(name for name in names if METRICS[name].group == group) for group in groups}


def columns() -> tuple[str, ...]:
    """Return the metrics that are columns of the results table."""
    return _shown("column")


def shown_in_overview() -> tuple[str, ...]:
    """Return the metrics that ``mia-plugins results`` shows by default."""
    return _shown("overview")


def shown_in_ablations() -> tuple[str, ...]:
    """Return the metrics of the modality ablation's table."""
    return _shown("ablation")


def monitors(problem: str | None = None) -> tuple[str, ...]:
    """Return the values that ``eval_monitor`` may have, of one problem the usual one first.

    Example:
        >>> monitors("regression")[:2], monitors("multi-label")[0]
        (('MAE', 'Corr'), 'macro_f1')
    """
    return tuple(name for name in _shown("monitor") if problem in (None, METRICS[name].problem))


def computed_metrics(problem: str) -> tuple[str, ...]:
    """Return the registered metrics of a problem that have a function of their own."""
    return tuple(name for name, each in METRICS.items() if each.compute is not None and each.problem == problem)


def _shown(where: str) -> tuple[str, ...]:
    places = {name: getattr(metric, where) for name, metric in METRICS.items()}
    return tuple(sorted((name for name, place in places.items() if place is not None), key=lambda name: places[name]))
