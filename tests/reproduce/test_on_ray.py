"""What a task of a cluster sends back where the results folder is not shared; the cluster itself is in ``test_ray.py``."""

from types import SimpleNamespace

import pytest

from mia_plugins.errors import UserError
from mia_plugins.reproduce import on_ray
from mia_plugins.reproduce.store import Store

RUN = SimpleNamespace(name="text_X_0_abc")
SMALL = ("text_X_0_abc.json", "text_X_0_abc/a_run/run.json", "text_X_0_abc/a_run/logits.npy")
HEAVY = ("text_X_0_abc/a_run/models/model.safetensors", "text_X_0_abc/a_run/resume/training.pt")


def test_the_small_files_of_a_run_arrive_whole(tmp_path):
    there, here = Store(tmp_path / "there"), Store(tmp_path / "here")
    for name in (*SMALL, *HEAVY, "another_run.json"):
        path = there.runs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 3)
    on_ray.unpack(here, on_ray.pack(there, RUN))
    arrived = {str(path.relative_to(here.runs)): path.read_bytes() for path in here.runs.rglob("*") if path.is_file()}
    assert arrived == {name: name.encode() * 3 for name in SMALL}


def test_the_result_is_written_after_all_it_names(tmp_path, monkeypatch):
    written, real = [], on_ray.whole_file
    monkeypatch.setattr(on_ray, "whole_file", lambda path: written.append(path.name) or real(path))
    on_ray.unpack(Store(tmp_path), {f"runs/{name}": b"x" for name in SMALL})
    assert written[-1] == "text_X_0_abc.json"


@pytest.mark.parametrize("name", ["../outside", "runs/../../outside", "/tmp/outside", "compare.json"])
def test_no_file_leaves_the_folder_of_the_runs(tmp_path, name):
    store = Store(tmp_path / "results")
    with pytest.raises(UserError, match="leaves the results folder"):
        on_ray.unpack(store, {name: b"x"})
    assert not (tmp_path / "outside").exists()
