"""Where a run's files go: places that cannot be written, folders that are moved, copied and read by others."""

import os
import shutil
import stat

import pytest
from reliability.attack import HEAVY, count, expect
from reliability.processes import change_disk, check_one_line, disk, run, run_folders, table, words

OPTIONS = {"--output_path": "outputs", "--results_path": "results", "--log_path": "logs"}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("what", ["read-only", "below a file", "a file", "no access"])
def test_a_place_that_cannot_be_written_is_found_before_the_training(data, backbone, tmp_path, option, what):
    kind = count("places that cannot be written")
    with disk(tmp_path / "disk", "8m") as place:
        if what in ("read-only", "no access") and place is None:
            pytest.skip("needs root and mount")
        wrong = tmp_path / "disk" / OPTIONS[option]
        if what == "below a file":
            wrong.parent.joinpath("file").write_text("mine")
            wrong = wrong.parent / "file" / OPTIONS[option]
        elif what == "a file":
            wrong.write_text("mine")
        elif what == "no access":
            wrong.mkdir()
        if what in ("read-only", "no access"):
            change_disk(place, "ro")
        code, output, errors = run(words(data, backbone, option, wrong), tmp_path / "work")
        check_one_line(kind, code, errors, str(wrong.parent if what == "below a file" else wrong))
        expect(kind, "epoch 1:" not in output, "it was trained")
        files = [path for path in (tmp_path / "work").rglob("*") if path.is_file() and "logs" not in path.parts]
        expect(kind, not files, f"left behind: {files}")


def modes(folder):
    """Permissions of everything below a folder but links, by path."""
    paths = (path for path in folder.rglob("*") if not path.is_symlink())
    return {path.relative_to(folder): stat.S_IMODE(path.stat().st_mode) for path in paths}


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002] if HEAVY else [0o022, 0o077])
def test_modes_are_as_the_umask_says(data, backbone, tmp_path, mask):
    kind = count("permissions of what a run leaves")
    code = f"import os, sys; os.umask({mask}); from mia_plugins.__main__ import main; sys.exit(main(sys.argv[1:]))"
    ended, _, errors = run(words(data, backbone, epochs=1), tmp_path / "work", code)
    expect(kind, ended == 0, errors)
    for path, mode in modes(tmp_path / "work").items():
        wanted = (0o777 if (tmp_path / "work" / path).is_dir() else 0o666) & ~mask
        if path.parent.name == "lease":  # its owner alone touches it
            wanted &= ~0o022
        expect(kind, mode == wanted, f"{path} has mode {mode:o} instead of {wanted:o}")


@pytest.mark.parametrize("how", ["moved", "copied", "read-only"])
def test_a_run_is_tested_elsewhere(data, backbone, tmp_path, how):
    """Without its encoder's folder, the tables it was trained on, or leave to write beside it."""
    kind, first, elsewhere = count("runs restored elsewhere"), tmp_path / "first", tmp_path / "a colleague's"
    moved = {"bert": shutil.copytree(backbone, first / "bert"), "data": shutil.copytree(data, first / "data")}
    code, _, errors = run(words(moved["data"], moved["bert"], epochs=1), first)
    expect(kind, code == 0, errors)
    (folder,) = run_folders(first)
    (row,) = table(first)
    with disk(tmp_path / "disk", "8m") as place:
        if how == "read-only" and place is None:
            pytest.skip("needs root and mount")
        target = (place if how == "read-only" else elsewhere) / "their run"
        elsewhere.mkdir()
        (shutil.move if how == "moved" else shutil.copytree)(folder, target)
        shutil.rmtree(first)
        if how == "read-only":
            change_disk(place, "ro")
        options = ["--restore", target, "--data_path", data, "--test_ood", "--save_results"]
        code, _, errors = run(options, elsewhere)
        expect(kind, code == 0, errors)
        (again,) = table(elsewhere)
    scores = [name for name in row if name in ("acc", "f1", "oid_acc", "oid_f1", "method", "text_backbone", "lr")]
    expect(kind, len(scores) == 7, f"columns {list(row)}")
    expect(kind, {name: again[name] for name in scores} == {name: row[name] for name in scores}, "other scores")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs leave to be somebody else")
def test_a_colleague_reads_what_another_user_trained(data, backbone, tmp_path):
    """Every file of a run is open to a user who is neither its owner nor in its group."""
    kind = count("runs restored elsewhere")
    code, _, errors = run(words(data, backbone, epochs=1), tmp_path / "work")
    expect(kind, code == 0, errors)
    (folder,) = run_folders(tmp_path / "work")
    paths = [str(path) for path in folder.rglob("*") if path.is_file()]
    child = os.fork()
    if not child:
        os.chroot(folder)  # the folders above it belong to the tests alone
        os.setgid(65534)
        os.setuid(65534)
        try:
            for path in paths:
                with open(f"/{os.path.relpath(path, folder)}", "rb") as file:
                    file.read(1)
        except OSError:
            os._exit(1)
        os._exit(0)
    expect(kind, os.waitpid(child, 0)[1] == 0, "a file is closed to others")
