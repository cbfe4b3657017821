"""A disk that is too small for a run, or fills up while it is made: one line, and nothing is lost."""

import pytest
from reliability.attack import HEAVY, count, expect
from reliability.processes import FILLED, change_disk, check_one_line, disk, halves, left_by, run, run_folders, table
from reliability.processes import words as small_words

LATER = [
    "y_true.npy",
    "logits.npy",
    "clips.json",
    "run.json",
    "model.safetensors",
    "reference.npz",
    "best-1.safetensors",
]
FILES = ["training.pt", "inspection.npz", "results.csv", *(LATER if HEAVY else ())]


@pytest.fixture(scope="module")
def words(data, backbone):
    """A run of A-MESS, which shows its internals too."""
    own = ["--set", f"sentence_encoder={backbone}", "--set", "num_anchors=3", "--set", "aligned_method=ctc"]
    return small_words(data, backbone, *own, method="amess", epochs=2)


@pytest.fixture(scope="module")
def whole(words, tmp_path_factory):
    """What an undisturbed run leaves."""
    folder = tmp_path_factory.mktemp("whole")
    code, _, errors = run(words, folder)
    assert code == 0, errors
    return left_by(folder)


def mounted(place):
    if place is None:
        pytest.skip("needs root and mount")
    return place


def test_too_small_is_found_before_the_training(words, whole, tmp_path):
    kind = count("disk too small for a run")
    with disk(tmp_path / "disk", "600k") as place:
        code, output, errors = run(words, mounted(place) / "work")
        check_one_line(kind, code, errors, "the training needs 1.4 MB", "has 0.6 MB free", "give another --output_path")
        expect(kind, "epoch 1:" not in output, "it was trained")
        change_disk(place, "size=8m")
        code, _, errors = run(words, place / "work")
        expect(kind, code == 0 and left_by(place / "work") == whole, errors)


@pytest.mark.parametrize("name", [*FILES, "kept.json"])
def test_full_from_a_file_on(words, whole, tmp_path, name):
    kind = count("disk that fills up during a run")
    with disk(tmp_path / "disk", "8m") as place:
        folder, filler = mounted(place) / "work", place / "filler"
        code, _, errors = run([name, filler, *words], folder, FILLED)
        check_one_line(kind, code, errors, name, "the disk is full", "make room")
        left = [path for path in halves(folder) if not path.endswith("/resume")]
        expect(kind, not left, f"left behind: {left}")
        filler.unlink()
        trained = any((place / "models" / "model.safetensors").exists() for place in run_folders(folder))
        if trained and name not in ("model.safetensors", "reference.npz", "kept.json"):
            code, output, errors = run([each for each in words if each != "--train"], folder)
            expect(kind, code == 0 and "epoch" not in output, f"the trained model is lost: {errors}")
        code, output, errors = run([*words, "--resume"], folder)
        expect(kind, code == 0, errors)
        expect(kind, not trained or "epoch 1:" not in output, "it was trained again")
        same = {key: value for key, value in left_by(folder).items() if key in whole}
        expect(kind, same == whole, "the run that went on ended otherwise")
        expect(kind, not halves(folder), f"left behind: {halves(folder)}")
        expect(kind, len({row["run"] for row in table(folder)}) == len(table(folder)), "a row twice")
