"""``python -m benchmarks``: the whole table with one command."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import changes, gpu, growth, memory, scoring, shards, startup, throughput
from .processes import Bench, Failed
from .table import NO_HOST, Row, as_json, markdown

ROWS: dict[str, Callable[[Bench], list[Row]]] = {
    "scoring": scoring.measure,
    "startup": startup.measure,
    "memory": memory.measure,
    "throughput": throughput.measure,
    "growth": growth.measure,
    "changes": changes.measure,
    "shards": shards.measure,
    "gpu-base": gpu.base,
    "gpu-large": gpu.large,
    "gpu-scoring": gpu.scored,
    "gpu-throughput": gpu.against,
}
USUAL = ("scoring", "startup", "memory", "throughput")
GPU = ("gpu-base", "gpu-large", "gpu-scoring", "gpu-throughput")


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures A-MESS side by side with the benchmarks' own methods. Rounds that are finished are kept "
        "in --work, so the same command goes on where it was interrupted.",
    )
    parser.add_argument("--hosts", metavar="DIR", default=os.environ.get("MIA_HOSTS"), help="folder with MMOIR in it")
    parser.add_argument("--host_python", metavar="FILE", help="interpreter with the packages of 2023")
    parser.add_argument("--gpu_id", metavar="N", help="measure this GPU instead; cpu tries the GPU's rows on the CPU")
    parser.add_argument("--only", nargs="+", choices=tuple(ROWS), metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one round: does it run at all")
    parser.add_argument("--out", action="append", default=[], metavar="FILE", help="write .md or .json; repeatable")
    parser.add_argument("--work", metavar="DIR", help="made data, backbones, finished rounds (default: in /tmp)")
    parser.add_argument("--fresh", action="store_true", help="forget finished rounds")
    parser.add_argument("--threads", type=int, metavar="N", help="of every process (default: all cores)")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="paired rounds (default: 3)")
    parser.add_argument("--backbone", metavar="SIZE", help="tiny, small, base (default), large, or a folder")
    parser.add_argument("--clips", type=int, default=2000, metavar="N", help="of the largest data set (default: 2000)")
    parser.add_argument("--utterances", type=int, default=1000, metavar="N", help="to score (default: 1000)")
    return parser


def make_bench(options: argparse.Namespace) -> Bench:
    """What the options ask for."""
    work = Path(options.work or Path(tempfile.gettempdir()) / "mia-benchmarks").resolve()
    hosts = Path(options.hosts).resolve() if options.hosts else None
    known = Path(__file__).resolve().parents[1] / ".venv-2023" / "bin" / "python"
    host_python = options.host_python or (str(known) if known.is_file() else None)
    gpu_asked = options.gpu_id is not None and options.gpu_id != "cpu"
    threads = options.threads or len(os.sched_getaffinity(0))
    os.environ["MIA_PLUGINS_CACHE"] = str(work / "cache")  # the demo's encoder is looked for in this process too
    return Bench(
        work=work,
        hosts=hosts,
        host_python=host_python,
        threads=threads,
        device=options.gpu_id if gpu_asked else "cpu",
        repetitions=1 if options.quick else options.repetitions,
        quick=options.quick,
        backbone=options.backbone or ("tiny" if options.quick else "base"),
        clips=96 if options.quick else options.clips,
        utterances=64 if options.quick else options.utterances,
    )


def main(arguments: list[str] | None = None) -> int:
    """Measures the rows asked for, and writes the table after each, so that nothing is lost."""
    options = make_parser().parse_args(arguments)
    bench = make_bench(options)
    if options.fresh:
        for path in (bench.work / "rounds").glob("*.json"):
            path.unlink()
    if bench.mmoir is None:
        bench.log("host rows are left out: give --hosts DIR (with MMOIR in it) and --host_python FILE")
    wanted = options.only or (GPU if options.gpu_id is not None else USUAL)
    rows: list[Row] = []
    for name in wanted:
        began = time.monotonic()
        try:
            rows += ROWS[name](bench)
        except Failed as error:
            rows.append(Row(name, "-", note=str(error)))
        bench.log(f"{name}: {time.monotonic() - began:.0f} s in all")
        for path in map(Path, options.out):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((as_json if path.suffix == ".json" else markdown)(rows, bench), encoding="utf-8")
    print(markdown(rows, bench))
    return 1 if any(row.note and not row.values and row.note != NO_HOST for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
