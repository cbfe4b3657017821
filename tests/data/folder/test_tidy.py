"""A folder of one's own with everything in its usual place, read and trained on without a line of configuration."""

import json

import numpy as np
import pytest

import mia_plugins
from mia_plugins import cli
from mia_plugins.data.dataset import DataRequest
from mia_plugins.data.folder.dataset import Folder
from mia_plugins.errors import UserError
from mia_plugins.plugin import registry
from mia_plugins.plugin.registry import find_dataset
from mia_plugins.testing.tiny import WORDS

LABELS = ("north", "south")


@pytest.fixture
def folder(tmp_path):
    """Three CSV tables, a video file a clip, all audio in one file, and no audio of two clips."""
    rng, audio, made = np.random.default_rng(0), {}, tmp_path / "films"
    (made / "video").mkdir(parents=True)
    for split, clips in (("train", 12), ("val", 4), ("test", 6)):
        lines = ["clip,utterance,intent"]
        for i in range(clips):
            lines.append(f'{split}{i},"{WORDS[i % 5]}, {WORDS[7]}",{LABELS[i % 2]}')
            np.save(made / "video" / f"{split}{i}.npy", rng.normal(size=(i % 4 + 1, 3)).astype(np.float32))
            if i > 1 or split != "test":
                audio[f"{split}{i}"] = rng.normal(size=(i % 3 + 1, 5)).astype(np.float32)
        (made / f"{split}.csv").write_text("\n".join(lines) + "\n")
    np.savez(made / "audio.npz", **audio)
    return made


def read(folder, **options):
    return Folder(folder).read(DataRequest(str(folder), **options))


def test_every_part_of_a_clip(folder):
    data = read(folder)
    assert (data.labels, data.problem, data.video_dim, data.audio_dim) == (LABELS, "multi-class", 3, 5)
    assert {name: len(clips) for name, clips in data.splits.items()} == {"train": 12, "dev": 4, "test": 6}
    clips = data.splits["test"]
    assert list(clips.keys) == [f"test{i}" for i in range(6)]
    assert clips.texts[1] == f"{WORDS[1]}, {WORDS[7]}"
    assert clips.label_ids.tolist() == [0, 1, 0, 1, 0, 1]
    video, audio = clips.frame_counts()
    assert (video.tolist(), audio.tolist()) == ([1, 2, 3, 4, 1, 2], [0, 0, 3, 1, 2, 3])
    np.testing.assert_array_equal(clips.video[3], np.load(folder / "video" / "test3.npy"))
    with np.load(folder / "audio.npz") as stored:
        np.testing.assert_array_equal(clips.audio[4], stored["test4"])
    assert data.descriptions == {"north": ["north"], "south": ["south"]}


def test_one_split_alone(folder):
    (folder / "train.csv").write_text((folder / "train.csv").read_text())
    assert list(read(folder, names=("test",)).splits) == ["test"]


def test_a_modality_that_no_clip_has(folder):
    (folder / "audio.npz").unlink()
    data = read(folder)
    assert data.audio_dim == 1
    assert data.splits["train"].audio[3].shape == (0, 1)
    assert data.splits["train"].frame_counts()[1].sum() == 0


def test_descriptions_by_file(folder):
    (folder / "descriptions.json").write_text(json.dumps({"north": ["Up on a map.", "Cold."], "south": "Down."}))
    assert read(folder).descriptions == {"north": ["Up on a map.", "Cold."], "south": ["Down."]}
    assert folder / "descriptions.json" in Folder(folder).files(DataRequest(str(folder)))


def test_descriptions_by_column(folder):
    table = folder / "train.csv"
    header, *rows = table.read_text().splitlines()
    shown = [f"{row},{'Up.' if 'north' in row else 'Down.'}" for row in rows]
    table.write_text("\n".join([f"{header},description", *shown]))
    assert read(folder).descriptions == {"north": ["Up."], "south": ["Down."]}


def test_what_the_configuration_says_goes_first(folder):
    (folder / "dataset.toml").write_text(
        'name = "Places"\nlabels = ["south", "north"]\nout_of_scope = "UNK"\n[max_lengths]\nvideo = 2\n'
        '[files]\ntrain = "train.csv"\ndev = "val.csv"\ntest = "test.csv"\n'
    )
    with open(folder / "test.csv", "a") as file:
        file.write("odd,who knows,UNK\n")
    data = read(folder, test_ood=True)
    assert data.labels == ("south", "north")
    assert data.splits["test"].label_ids.tolist() == [1, 0, 1, 0, 1, 0]
    assert data.splits["ood_test"].label_ids.tolist() == [2]
    assert max(data.splits["train"].frame_counts()[0]) == 2
    assert Folder(folder).name == "Places"
    with pytest.raises(UserError, match=r"train has no out-of-scope \(UNK\) clips"):
        read(folder, train_ood=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nmae = 'x'", "unknown key 'nmae'; did you mean 'name'"),
        ("columns = 3", "columns should be an object"),
        ("[columns]\ntexts = 'x'", "unknown key 'columns.texts'; did you mean 'text'"),
        (
            "[columns]\ntext = 'uterance'",
            "no column 'uterance', which dataset.toml names as text; did you mean 'uttera",
        ),
        ("[columns]\ntext = ['a', 'b']", "columns.text should be the name of one column"),
        ("problem = 'ranking'", "problem 'ranking' is unknown; write one of multi-class"),
        ("[files]\nvideo = '../video'", "lies outside the folder"),
        ("[files]\nvideo = '/etc'", "lies outside the folder"),
        ("descriptions = '../x.json'", "lies outside the folder"),
        ("name = 'a/b'", "name 'a/b' should be letters"),
        ("[max_lengths]\ntext = 0", "max_lengths.text = 0 should be from 1"),
        ("labels = ['north', 'north']", "labels should be a list of distinct texts"),
        ("name = ", "is not TOML"),
        ("seed = true", "seed should be a whole number"),
    ],
)
def test_a_wrong_configuration_is_named(folder, text, message):
    (folder / "dataset.toml").write_text(text + "\n")
    with pytest.raises(UserError, match=message) as caught:
        read(folder)
    assert "\n" not in str(caught.value)


def test_coarse_labels_and_other_sets_are_refused(folder):
    for options in ({"data_mode": "binary-class"}, {"ood_dataset": "TED-OOD"}, {"test_ood": True}):
        with pytest.raises(UserError):
            read(folder, **options)


def test_clips_without_labels(folder):
    (folder / "test.csv").write_text("clip,utterance\ntest4,hello\nnew,bye\n")
    request = DataRequest(str(folder), names=("test",))
    clips = Folder(folder).read_unlabelled(request, {"video": 9, "audio": 1})
    assert list(clips.keys) == ["test4", "new"]
    assert clips.label_ids.tolist() == [-1, -1]
    assert [part.tolist() for part in clips.frame_counts()] == [[1, 0], [1, 0]]


def test_a_known_name_goes_before_a_folder_of_that_name(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "MIntRec").mkdir()
    assert find_dataset("MIntRec").ood_dataset == "MIntRec-OOD"
    assert find_dataset("films").data_path == find_dataset("films/").data_path.rstrip("/") == "films"
    with pytest.raises(UserError, match="unknown data set 'flims'"):
        find_dataset("flims")


def test_a_run(folder, backbone, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    settings = {"num_train_epochs": 1, "sentence_encoder": str(backbone), "num_anchors": 2}
    options = {"dataset": "films/", "text_backbone": str(backbone)}
    run = mia_plugins.run(method="amess", train=True, set=settings, **options).runs[0]
    assert run.arrays["logits"].shape == (6, 2)
    again = mia_plugins.run(method="amess", dataset="films/", restore=str(run.folder)).runs[0]
    np.testing.assert_allclose(again.arrays["logits"], run.arrays["logits"], atol=1e-6)
    monkeypatch.setattr(registry, "_registered", {group: {} for group in registry.BUILTIN})  # as in a new process
    capsys.readouterr()
    assert cli.main(["predict", str(run.folder), "--data_path", "films"]) == 0
    lines = capsys.readouterr().out.splitlines()
    answers = [json.loads(line) for line in lines if line.startswith("{")]  # the log of the run before goes on
    assert [answer["key"] for answer in answers] == [f"test{i}" for i in range(6)]
    assert [LABELS.index(answer["intent"]) for answer in answers] == run.arrays["y_pred"].tolist()
