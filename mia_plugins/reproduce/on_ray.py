"""A plan's runs as tasks of a Ray cluster: each has its share of a GPU, and goes elsewhere if its machine is lost.

Ray decides which machine makes which run, and starts a task again whose process died. mia-plugins must be installed on
every machine, and the data set must lie at the same path. The results folder may be shared; where it is not, a task
sends the files of its run back.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..errors import UserError
from ..runs.pace import Pace
from ..system.files import make_folder, whole_file
from ..system.leases import Leases
from .plan import Planned
from .runner import run_plan
from .store import Store

SECONDS = 10.0  # to reach a cluster
PATIENCE = 60  # seconds to wait for a run that another process holds
RETRIES = 3  # of a run whose process died
HEAVY = (".safetensors", ".pt")  # not sent: weights stay where they were trained


def run_on_ray(runs: Sequence[Planned], store: Store, options: argparse.Namespace) -> list[str]:
    """Makes every run that has no result; returns what failed, a line each.

    Args:
        runs: of a plan.
        store: where results go.
        options: of the command; ``ray`` is a cluster's address, or ``local``.

    Raises:
        UserError: Ray is not installed, or there is no cluster at the address.
    """
    ray = start(options.ray)
    gpus = options.gpus_per_run
    if gpus is None:
        gpus = 1 if ray.cluster_resources().get("GPU") else 0
    token = store.folder / f".shared-{uuid.uuid4().hex}"
    token.write_text("")  # who sees this file shares the folder
    try:
        task = ray.remote(make_remotely).options(num_cpus=1, num_gpus=gpus, max_retries=RETRIES)
        pending = [run for run in runs if store.result(run) is None]
        pace = Pace(len(runs), len(runs) - len(pending))
        given = argparse.Namespace(**{**vars(options), "results": str(store.folder), "action": None})
        given.data_path = str(Path(options.data_path).resolve())
        waiting = {task.remote(run, given, str(token)): run for run in pending}
        failures = []
        while waiting:
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            run = waiting.pop(done)
            try:
                answer = ray.get(done)
            except ray.exceptions.RayError as error:
                first = next(iter(str(error).splitlines()), "")
                failures.append(f"{run.label}, seed {run.seed}: {type(error).__name__}: {first}")
            else:
                unpack(store, answer["files"])
                failures += answer["failures"]
                if not answer["failures"] and store.result(run) is None:
                    failures.append(f"{run.label}, seed {run.seed}: another process is making it")
            pace.finish()
            tqdm.write(f"--- finished: {run.label}, seed {run.seed}; next is {pace.place()}")
        return failures
    finally:
        token.unlink()
        ray.shutdown()


def start(address: str) -> Any:
    """Ray, connected to a cluster.

    Raises:
        UserError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray
    except ImportError:
        raise UserError('--ray needs Ray; pip install "mia-plugins[ray]"') from None
    if address not in ("local", "auto"):
        check_reachable(address)
    place: dict[str, Any] = {"include_dashboard": False} if address == "local" else {"address": address}
    try:
        ray.init(**place, logging_level=logging.WARNING, runtime_env={"env_vars": {"OMP_NUM_THREADS": "1"}})
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"--ray {address}: {reason}; start a cluster with: ray start --head") from error
    return ray


def check_reachable(address: str) -> None:
    """Whether somebody listens at a cluster's address: Ray itself would try for many minutes.

    Raises:
        UserError: nobody does, or it is no address.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        if not host or not port.isdecimal():
            raise ValueError("an address is HOST:PORT, such as 10.0.0.5:6379")
        socket.create_connection((host, int(port)), timeout=SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(f"--ray {address[:100]}: {error}; start a cluster with: ray start --head") from error


def make_remotely(run: Planned, options: argparse.Namespace, token: str) -> dict[str, Any]:
    """Makes one run, in a process of the cluster.

    Returns:
        ``failures``: a line each; ``files``: the run's, by path below the results folder, where that is not shared.
    """
    shared = Path(token).exists()
    store = Store(Path(options.results), options.any_code)
    leases = Leases(store.folder / "leases")
    failures = run_plan([run], store, leases, options)
    # a process of a machine that Ray has given up may live, and hold the run's lease, for some seconds more
    for _ in range(PATIENCE):
        if failures or store.result(run) is not None:
            break
        time.sleep(1)
        failures = run_plan([run], store, leases, options)
    return {"failures": failures, "files": {} if shared else pack(store, run)}


def pack(store: Store, run: Planned) -> dict[str, bytes]:
    """The small files of a run: its result and what reports need."""
    found = [store.runs / f"{run.name}.json", *(store.runs / run.name).rglob("*")]
    paths = [path for path in found if path.is_file() and path.suffix not in HEAVY and "resume" not in path.parts]
    return {path.relative_to(store.folder).as_posix(): path.read_bytes() for path in paths}


def unpack(store: Store, files: Mapping[str, bytes]) -> None:
    """Writes what :func:`pack` sent; the run's result comes last."""
    for name, content in sorted(files.items(), key=lambda item: item[0].count("/"), reverse=True):
        path = (store.folder / name).resolve()
        if store.runs not in path.parents:
            raise UserError(f"a run of the cluster sent a file that leaves the results folder: {name[:100]}")
        make_folder(path.parent)
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
