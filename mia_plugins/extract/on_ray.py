"""An extraction on a Ray cluster: every task takes some clips, and writes to the shared folder or sends its files back."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..reproduce.on_ray import RETRIES, start
from ..system.files import make_folder, whole_file
from ..system.progress import progress_bar
from .here import extract_here, load_backbones, settings_of
from .output import MODALITIES, Output

TASK = 16  # clips of a task: enough to pay for loading the backbones, few enough to lose with a machine


def extract_on_ray(files: dict[str, Path], options: argparse.Namespace) -> tuple[Output, dict[str, str], int]:
    """Extracts every clip that is not finished.

    Videos must lie at the same path on every machine; the folder of features is written here alone.

    Returns:
        The output, why clips failed, and how many there were to do.

    Raises:
        UserError: no Ray, no cluster, or features that were made otherwise.
    """
    ray = start(options.ray)
    try:
        gpus = 1 if ray.cluster_resources().get("GPU") else 0
        settings_task = ray.remote(settings_there).options(num_cpus=1, num_gpus=gpus, max_retries=RETRIES)
        task = ray.remote(extract_some).options(num_cpus=1, num_gpus=gpus, max_retries=RETRIES)
        given = {key: value for key, value in vars(options).items() if key not in ("action", "rest")}
        output = Output(Path(options.output), ray.get(settings_task.remote(given)))
        left = {key: path for key, path in files.items() if not output.has(key, path)}
        keys = list(left)
        groups = [keys[at : at + TASK] for at in range(0, len(keys), TASK)]
        waiting = {task.remote({key: str(left[key].resolve()) for key in some}, given): some for some in groups}
        failed: dict[str, str] = {}
        with progress_bar(None, total=len(files), initial=len(files) - len(left), desc="extract", unit="clip") as bar:
            while waiting:
                (done,), _ = ray.wait(list(waiting), num_returns=1)
                some = waiting.pop(done)
                try:
                    lines, arrays = ray.get(done)
                except ray.exceptions.RayError as error:
                    why = next(iter(str(error).splitlines()), type(error).__name__)
                    lines, arrays = {key: {"failed": f"{left[key]}: its machine was lost ({why})"} for key in some}, {}
                for key in some:
                    keep(output, key, left[key], lines[key], arrays, failed)
                bar.update(len(some))
        return output, failed, len(left)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, UserError):
            raise error.cause from None
        raise
    finally:
        ray.shutdown()


def keep(
    output: Output, key: str, path: Path, line: dict[str, Any], arrays: dict[Any, bytes], failed: dict[str, str]
) -> None:
    """Writes what a task sent of one clip."""
    if "failed" in line:
        failed[key] = str(line["failed"])
        output.fail(key, path, failed[key])
        return
    frames = {}
    for modality in MODALITIES:
        if (modality, key) in arrays:
            with whole_file(output.place(modality, key)) as temporary:
                temporary.write_bytes(arrays[modality, key])
            frames[modality] = int(line[f"{modality}_frames"])
    output.finish(key, path, line.get("seconds"), frames)


def settings_there(given: dict[str, Any]) -> dict[str, Any]:
    """What the features depend on, asked on a machine that has the backbones."""
    from ..system.devices import choose_device

    options = argparse.Namespace(**given)
    return settings_of(options, load_backbones(options, choose_device(options.gpu_id)))


def extract_some(paths: dict[str, str], given: dict[str, Any]) -> tuple[dict[str, Any], dict[Any, bytes]]:
    """Some clips, in a process of the cluster: a line a clip, and the array files by modality and key."""
    with tempfile.TemporaryDirectory() as folder:
        options = argparse.Namespace(**{**given, "output": folder})
        make_folder(Path(folder))
        output, _, _ = extract_here({key: Path(path) for key, path in paths.items()}, options)
        arrays = {
            (modality, key): output.place(modality, key).read_bytes()
            for modality in MODALITIES
            for key in paths
            if output.place(modality, key).is_file()
        }
        return {key: output.clips[key] for key in paths}, arrays
