"""Feature files, what is read of them, and the stores in a cache."""

import os
import pickle
import subprocess
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from tiny import ROOT

from mia_plugins.data.features import read_features
from mia_plugins.data.store.index import load_index

# how clips by key are saved, and one clip
SAVE = {
    ".npz": lambda path, table: np.savez(path, **table),
    ".pkl": lambda path, table: path.write_bytes(pickle.dumps(table)),
    ".pt": lambda path, table: torch.save({key: torch.from_numpy(frames) for key, frames in table.items()}, path),
    ".safetensors": lambda path, table: save_file(table, path),
}
SAVE_ONE = {
    ".npy": np.save,
    ".npz": np.savez,
    ".pkl": lambda path, frames: path.write_bytes(pickle.dumps(frames)),
    ".pt": lambda path, frames: torch.save(torch.from_numpy(frames), path),
    ".safetensors": lambda path, frames: save_file({"features": frames}, path),
}


def make_table(clips=5, width=4, seed=0, most=9):
    rng = np.random.default_rng(seed)
    return {f"clip{i}": rng.normal(size=(rng.integers(1, most), width)).astype(np.float32) for i in range(clips)}


def write(path, table, protocol=4):
    path.write_bytes(pickle.dumps(table, protocol))
    return path


def check(path, table, max_length=100):
    """What is read of the file is the table's."""
    read = read_features(path, list(table), max_length=max_length)
    assert len(read) == len(table)
    for clip, expected in zip(read, table.values()):
        np.testing.assert_array_equal(clip, expected[:max_length], strict=True)


def stores(cache):
    """What is in the cache, but for the lock."""
    return sorted(name for name in os.listdir(cache) if name != ".lock") if cache.exists() else []


def run(script, *args, **options):
    """Starts Python with what it prints at hand."""
    command = [sys.executable, "-c", script, *map(str, args)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def put(folder, name, table):
    """A shard."""
    folder.mkdir(exist_ok=True)
    SAVE[os.path.splitext(name)[1]](folder / name, table)


def put_clips(folder, table, suffix=".npy"):
    """A file for each clip."""
    folder.mkdir(exist_ok=True)
    for key, frames in table.items():
        SAVE_ONE[suffix](folder / f"{key}{suffix}", frames)


def part(table, start, end):
    return dict(list(table.items())[start:end])


def stores_with(cache, key):
    return [name for name in stores(cache) if key in load_index(cache / name).rows]
