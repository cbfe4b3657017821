"""Commands in processes of their own, and what they leave on disk."""

import contextlib
import csv
import hashlib
import os
import subprocess
import sys

import warm
from reliability.attack import expect
from tiny import ROOT

# the command of run.py, in a process that kills itself right before the file of this number is put in its place
KILLED = """
import os, signal, sys
from mia_plugins.__main__ import main
from mia_plugins.training import progress
progress.PAUSE = 0  # the state is written after every epoch, however busy the machine is
fsync, left = os.fsync, [int(sys.argv.pop(1))]
def counting(handle):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    fsync(handle)
os.fsync = counting
sys.exit(main(sys.argv[1:]))
"""
# the same in a process that only counts the files
COUNTED = KILLED.replace("sys.exit(main(sys.argv[1:]))", "code = main(sys.argv[1:]); print(-left[0]); sys.exit(code)")


# the same in a process whose disk is full from the file of this name on
FILLED = """
import sys, tempfile
from mia_plugins.__main__ import main
mkstemp, name, filler = tempfile.mkstemp, sys.argv.pop(1), sys.argv.pop(1)
def filling(*arguments, **options):
    made = mkstemp(*arguments, **options)
    if f"/.{name}." in made[1]:
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
    return made
tempfile.mkstemp = filling
sys.exit(main(sys.argv[1:]))
"""


def words(data, backbone, *more, method="text", epochs=4, lr="1e-3"):
    """The arguments of a small run."""
    settings = {"num_train_epochs": epochs, "train_batch_size": 16, "lr": lr, "wait_patience": epochs}
    chosen = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    common = ["--method", method, "--data_path", data, "--text_backbone", backbone]
    return list(map(str, [*common, *chosen, "--train", "--test_ood", "--save_results", *more]))


def start(arguments, folder, code=None, **options):
    """Starts ``run.py`` with these arguments, or a program with them."""
    folder.mkdir(exist_ok=True)
    program = [str(ROOT / "run.py")] if code is None else ["-c", code]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return warm.Popen(
        [sys.executable, *program, *map(str, arguments)], cwd=folder, env=environment, **{**pipes, **options}
    )


def finish(process):
    """Exit code, output and errors."""
    output, errors = process.communicate(timeout=300)
    return process.returncode, output, errors


def run(arguments, folder, code=None, **options):
    return finish(start(arguments, folder, code, **options))


def run_folders(folder):
    return sorted(path for path in folder.glob("outputs/*_*") if path.is_dir() and not path.is_symlink())


def left_by(folder):
    """What must be equal to the bit: each run's arrays, weights and clips by digest, and its row but for times."""
    state = {}
    for place in run_folders(folder):
        files = [*place.glob("*.npy"), *place.glob("*.npz"), place / "clips.json", *place.glob("models/*.safetensors")]
        state[place.name] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    for row in table(folder):
        same = {key: value for key, value in row.items() if key not in ("log_id", "date", "seconds")}
        state[f"row of {row['run']}"] = same
    return state


def table(folder):
    with open(folder / "results" / "results.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def halves(folder):
    """Files that were not written to their end, and states of a training that is over."""
    hidden = [path for path in folder.rglob(".*") if path.is_file()]
    return sorted(map(str, [*hidden, *folder.glob("outputs/*/resume")]))


def check_one_line(kind, code, errors, *told):
    """A command that was refused: exit code 2, and one line with these words."""
    lines = errors.strip().splitlines()
    expect(kind, code == 2, f"exit code {code}: {errors[-300:]}")
    expect(kind, len(lines) == 1 and lines[0].startswith("error: "), f"printed {errors[-800:]!r}")
    for each in told:
        expect(kind, each in lines[0], f"{each!r} is not in {lines[0]!r}")


@contextlib.contextmanager
def disk(folder, size="512k", *options):
    """A disk of its own, or None where there is no leave to mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]
    if os.geteuid() or subprocess.run(["mount", *kind, str(folder)], capture_output=True).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def change_disk(folder, option):
    """Remounts a disk: ``ro``, ``rw`` or ``size=...``."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)
