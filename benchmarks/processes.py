"""One process a measurement, in alternating order, and a folder of rounds so that an interrupted run goes on."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WATCH = ROOT / "benchmarks" / "host_side" / "watch.py"
RUN_MMOIR = ROOT / "benchmarks" / "host_side" / "run_mmoir.py"
MEASURED = ("mia_plugins", "methods", "configs", "data_adapters", "benchmarks")  # whose change makes rounds stale

Result = dict[str, Any]


class Failed(Exception):
    """A measured process ended badly; the message ends in its last words."""


@dataclass(frozen=True)
class Bench:
    """What every row needs to know.

    Args:
        work: folder of made data, backbones and finished rounds.
        hosts: folder of host checkouts; None leaves their rows out.
        host_python: interpreter with the hosts' packages.
        threads: of every process.
        device: ``cpu``, or a GPU's number.
        repetitions: paired rounds a row.
        quick: sizes that say whether it runs, not how fast it is.
        backbone: one of :data:`benchmarks.backbones.SIZES`, or a folder.
        clips: of the largest data set, for memory and start.
        utterances: how many are scored.
        limit: seconds a process may take.
    """

    work: Path
    hosts: Path | None
    host_python: str | None
    threads: int
    device: str = "cpu"
    repetitions: int = 3
    quick: bool = False
    backbone: str = "base"
    clips: int = 2000
    utterances: int = 1000
    limit: float = 900.0
    log: Callable[[str], None] = field(default=lambda text: print(text, file=sys.stderr, flush=True))

    @property
    def mmoir(self) -> Path | None:
        """The checkout of MMOIR, if there is one and an interpreter to run it."""
        folder = self.hosts / "MMOIR" if self.hosts else None
        return folder if folder and (folder / "run.py").is_file() and self.host_python else None

    def environment(self, **more: str) -> dict[str, str]:
        """The same for every side but for ``more``."""
        kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MIA_BENCHMARK_WATCH")}
        threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        kept.update({name: str(self.threads) for name in threads}, TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")
        kept.update(MIA_PLUGINS_CACHE=str(self.work / "cache"), PYTHONWARNINGS="ignore")
        if self.device == "cpu":
            kept["CUDA_VISIBLE_DEVICES"] = ""
        return {**kept, **more}


def start(bench: Bench, command: list[str], environment: Mapping[str, str]) -> str:
    """Runs a command to its end in the folder of runs; returns what it printed.

    Raises:
        Failed: a wrong exit code, or too slow.
    """
    folder = bench.work / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=bench.limit
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {bench.limit:.0f} s") from None
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        words = " ".join((done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-3:])
        raise Failed(f"exit code {done.returncode}: {words[-400:]}")
    return done.stdout


def watched(bench: Bench, command: list[str], steps: int = 0, **more: str) -> Result:
    """Runs a command whose script is ``watch.py`` or starts a watch; returns the watch's report.

    Args:
        bench: where and how.
        command: the whole command.
        steps: the process ends after this many optimizer steps; 0: as it wants.
        more: environment variables.
    """
    report = bench.work / "runs" / f"report-{os.getpid()}.json"
    report.unlink(missing_ok=True)
    watch = {"report": str(report), "started": time.monotonic(), "steps": steps}
    start(bench, command, bench.environment(MIA_BENCHMARK_WATCH=json.dumps(watch), **more))
    if not report.is_file():
        raise Failed("wrote no report")
    found = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    return found


def child(bench: Bench, module: str, settings: Mapping[str, Any]) -> Result:
    """Runs ``python -m benchmarks.MODULE SETTINGS``; its last line of output is its result, in JSON."""
    command = [sys.executable, "-m", f"benchmarks.{module}", json.dumps(dict(settings))]
    printed = start(bench, command, bench.environment(PYTHONPATH=str(ROOT)))
    return json.loads(printed.strip().splitlines()[-1])


def our_run(bench: Bench, data: Path, backbone: Path, settings: Mapping[str, Any], steps: int = 0) -> Result:
    """``run.py --method amess`` as a user would type it, watched."""
    chosen = {"sentence_encoder": sentence_encoder(bench), **settings}
    assignments = [part for key, value in chosen.items() for part in ("--set", f"{key}={value}")]
    command = [
        *(sys.executable, str(WATCH), str(ROOT / "run.py"), "--method", "amess", "--dataset", "MIntRec2.0"),
        *("--data_path", str(data), "--text_backbone", str(backbone), "--train", "--gpu_id", bench.device),
        *assignments,
    ]
    return watched(bench, command, steps)


def host_run(
    bench: Bench, method: str, data: Path, backbone: Path, settings: Mapping[str, Any], steps: int = 0
) -> Result:
    """MMOIR's ``run.py`` on its own ``mag_bert`` or ``mult``, watched, with its own settings but for ``settings``."""
    assert bench.mmoir is not None
    assert bench.host_python is not None
    width = json.loads((backbone / "config.json").read_text(encoding="utf-8"))["hidden_size"]
    config = f"{method}_MIntRec2"
    laid_over = {"backbone": str(backbone), "width": width, "method": method, "config": config}
    laid_over["hyper_param"] = {"lr": 5e-6, **settings}
    laid_over["mends"] = not is_2023(bench.host_python)
    command = [
        *(bench.host_python, str(RUN_MMOIR), str(bench.mmoir), json.dumps(laid_over)),
        *("--dialogue_mode", "single_turn", "--dataset", "MIntRec2.0", "--data_path", str(data), "--train"),
        *("--method", method, "--multimodal_method", method, "--config_file_name", config, "--num_workers", "0"),
        *("--text_backbone", "bert-base-uncased", "--video_feats", "swin-roi", "--audio_feats", "wavlm"),
        *("--gpu_id", "0" if bench.device == "cpu" else bench.device),
    ]
    return watched(bench, command, steps)


def is_2023(python: str) -> bool:
    """Whether an interpreter has the transformers that the hosts were written for."""
    asked = "from importlib.metadata import version; print(version('transformers'))"
    found = subprocess.run([python, "-c", asked], capture_output=True, text=True).stdout
    return found.startswith("4.")


def sentence_encoder(bench: Bench) -> str:
    """The default one where its package is installed, else a made one of its size."""
    from mia_plugins.errors import UserError
    from mia_plugins.nn.packaged import demo_encoder

    try:
        demo_encoder()
        return "all-MiniLM-L6-v2"
    except UserError:
        from .backbones import make_backbone

        return str(make_backbone(bench.work / "backbones", "small"))


def rounds(
    bench: Bench, row: str, settings: Mapping[str, Any], sides: Mapping[str, Callable[[], Result]]
) -> tuple[list[dict[str, Result]], dict[str, str]]:
    """Measures every side once a round, every second round in reverse order; finished rounds are read, not run.

    Args:
        bench: where and how often.
        row: name for the log and the files.
        settings: what the results depend on, beside the code and the machine.
        sides: name -> one measurement.

    Returns:
        The rounds, and for each side that failed why; a side that failed is left out of all later rounds.
    """
    fixed = {"row": row, "threads": bench.threads, "device": bench.device, "code": code_digest(), "sides": list(sides)}
    fixed["packages"] = [version(name) for name in ("torch", "transformers", "numpy")]
    fixed["host"] = [str(bench.mmoir), str(bench.host_python)]
    key = hashlib.sha256(json.dumps({**fixed, **settings}, sort_keys=True, default=str).encode()).hexdigest()[:12]
    done, failed = [], {}
    for number in range(bench.repetitions):
        path = bench.work / "rounds" / f"{row}-{key}-{number}.json"
        if path.is_file():
            done.append(json.loads(path.read_text(encoding="utf-8")))
            bench.log(f"{row}: round {number + 1} of {bench.repetitions} was measured before")
            continue
        names = [name for name in sides if name not in failed]
        found = {}
        for name in names if number % 2 == 0 else reversed(names):
            began = time.monotonic()
            try:
                found[name] = sides[name]()
            except Failed as error:
                failed[name] = str(error)
            words = failed.get(name, f"{time.monotonic() - began:.1f} s")
            bench.log(f"{row}: round {number + 1} of {bench.repetitions}, {name}: {words}")
        done.append(found)
        if len(found) == len(sides):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".part").write_text(json.dumps(found), encoding="utf-8")
            path.with_suffix(".part").replace(path)
    return done, failed


def code_digest() -> str:
    """Changes with any source that is measured."""
    digest = hashlib.sha256()
    for folder in MEASURED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]
