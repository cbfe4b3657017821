"""Dialogues inside the hosts: what a model is given, and runs in the real ones."""

import importlib.util
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from easydict import EasyDict
from hosts.real_hosts import HOSTS, copy_host, make_runnable, needs_hosts, write_table
from tiny import WORDS

from mia_plugins.data.batches import collate
from mia_plugins.errors import UserError
from mia_plugins.hosts.live.dialogues import context_setting, longest, with_utterances

LENGTHS = {"text": 9, "video": 6, "audio": 4}
LABELS = 3  # the next id is out of scope


class Dialogues:
    """A host's data set of dialogues, all padded."""

    def __init__(self, draws, sizes):
        self.label_ids = {d: draws.integers(0, LABELS + 1, size).tolist() for d, size in enumerate(sizes)}
        self.speaker_ids = {d: draws.integers(0, 2, size).tolist() for d, size in enumerate(sizes)}
        self.text_data = {d: [self.text(draws) for _ in range(size)] for d, size in enumerate(sizes)}
        for name in ("video", "audio"):
            lengths = {d: draws.integers(1, LENGTHS[name] + 1, size).tolist() for d, size in enumerate(sizes)}
            feats = {d: [self.frames(draws, name, length) for length in lengths[d]] for d in lengths}
            setattr(self, f"{name}_data", {"feats": feats, "lengths": lengths})

    def text(self, draws):
        words = [2, *draws.integers(5, 50, draws.integers(1, LENGTHS["text"] - 1)).tolist(), 3]
        padding = [0] * (LENGTHS["text"] - len(words))
        return [words + padding, [1] * len(words) + padding, [0] * LENGTHS["text"]]

    def frames(self, draws, name, length):
        frames = np.zeros((LENGTHS[name], 2))
        frames[:length] = draws.uniform(1, 2, (length, 2)).astype(np.float32)
        return frames

    def __len__(self):
        return len(self.text_data)


@pytest.fixture
def host():
    """A host's data manager and arguments."""
    draws = np.random.default_rng(0)
    data = type("Data", (), {"data": {name: Dialogues(draws, (5, 1, 7, 3)) for name in ("train", "dev", "test")}})()
    seq = {f"{name}_seq_len": length for name, length in LENGTHS.items()}
    return data, EasyDict(num_labels=LABELS, dialogue_mode="multi_turn", context_len=0.5, **seq)


def everything(splits, name):
    """All clips of a split, in-scope and out-of-scope ones, as one padded batch each, by key."""
    found = {}
    for part in (name, f"ood_{name}"):
        for i in range(len(splits.get(part, ()))):
            found[splits[part].clips.keys[i]] = collate([splits[part][i]])
    return found


@needs_hosts
@pytest.mark.parametrize("context_len", [0.5, 1])
@pytest.mark.parametrize("name", ["train", "test"])
def test_a_model_is_given_what_the_hosts_own_are(host, name, context_len):
    data, args = host
    args.context_len = context_len
    spec = importlib.util.spec_from_file_location("mt", Path(HOSTS, "MIntRec2.0", "utils", "mt.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    ours, most = everything(with_utterances(data, args).data, name), longest(args)
    dialogues = data.data[name]
    assert len(ours) == sum(map(len, dialogues.label_ids.values()))
    for d in range(len(dialogues)):
        speakers = torch.tensor([dialogues.speaker_ids[d]])
        text = torch.tensor([dialogues.text_data[d]])
        count = text[:, :, 1].sum(dim=2, keepdim=True)
        theirs = module.generate_context(None, text, speakers, None, count, context_len)[0]
        for u in range(len(theirs)):
            mine = ours[f"{d}_{u}"]["text_feats"][0]
            assert torch.equal(torch.nn.functional.pad(mine, (0, most["text"] - mine.shape[1])), theirs[u])
            assert ours[f"{d}_{u}"]["label_ids"].item() == dialogues.label_ids[d][u]
        for kind in ("video", "audio"):
            modality = getattr(dialogues, f"{kind}_data")
            feats, lengths = torch.tensor(np.array([modality["feats"][d]])), torch.tensor([modality["lengths"][d]])
            theirs = module.generate_context(None, feats, speakers, None, lengths, context_len, modality=kind)[0]
            for u in range(len(theirs)):
                mine = ours[f"{d}_{u}"][f"{kind}_feats"][0]
                padded = torch.nn.functional.pad(mine, (0, 0, 0, most[kind] - len(mine)))
                assert torch.equal(padded, theirs[u].float())


def test_scopes_are_apart_and_out_of_scope_utterances_are_history(host):
    data, args = host
    splits = with_utterances(data, args).data
    assert set(splits) == {"train", "ood_train", "dev", "ood_dev", "test"}
    for name in ("train", "dev"):
        assert (splits[name].label_ids < LABELS).all()
        assert (splits[f"ood_{name}"].label_ids == LABELS).all()
    labels = [label for of_one in data.data["test"].label_ids.values() for label in of_one]
    assert splits["test"].label_ids.tolist() == labels
    assert [splits["train"][i].train_place for i in range(3)] == [0, 1, 2]
    assert splits["ood_train"][0].train_place == splits["test"][0].train_place == -1
    dialogues, before = data.data["train"], 0
    for i, key in enumerate(splits["train"].clips.keys):
        d, u = map(int, key.split("_"))
        earlier = [j for j in range(u) if dialogues.speaker_ids[d][j] == dialogues.speaker_ids[d][u]]
        kept = max(splits["train"][i].turns.text)
        assert kept <= len(earlier)
        before += any(dialogues.label_ids[d][j] == LABELS for j in earlier[::-1][:kept])
    assert before, "no out-of-scope utterance was history"


def test_settings_of_the_history(host):
    data, args = host
    args.update(context="all", context_turns=1)
    assert max(max(s.turns.text) for s in (with_utterances(data, args).data["test"][i] for i in range(5))) == 1
    args.update(context="none")
    assert longest(args) == LENGTHS
    assert with_utterances(data, args).data["test"][4].turns is None
    with pytest.raises(UserError, match="context_len: 1000 is not a number from 0 to 100"):
        context_setting({"context_len": 1000})


# in the real hosts


@pytest.fixture(scope="module")
def total(tmp_path_factory):
    """MIntRec2.0 in dialogues of ten utterances, a third of them out of scope."""
    from mia_plugins.data_adapters.mintrec2 import ADAPTER

    folder = tmp_path_factory.mktemp("dialogues") / "MIntRec2.0" / "total"
    draws, number = np.random.default_rng(0), 0
    features = {"video": {}, "audio": {}}
    for split in ("train", "dev", "test"):
        rows = []
        for label in [*ADAPTER.labels, *["UNK"] * 15]:
            text = " ".join(draws.choice(WORDS, draws.integers(2, 8)))
            speaker = ("Amy", "Dina")[draws.integers(2)]
            rows.append([number // 10, number % 10, text, label, "S01", "E01", number, speaker])
            for found, width in zip(features.values(), (256, 768)):
                key = f"dia{number // 10}_utt{number % 10}"
                found[key] = draws.normal(size=(draws.integers(1, 20), width)).astype(np.float32)
            number += 1
        draws.shuffle(rows)
        write_table(folder / f"{split}.tsv", rows)
    for name, file in (("video", "swin_roi.pkl"), ("audio", "wavlm_feats.pkl")):
        (folder / f"{name}_data").mkdir()
        (folder / f"{name}_data" / file).write_bytes(pickle.dumps(features[name], protocol=4))
    return folder.parents[1]


MODES = {
    "MMOIR": ["--dialogue_mode", "multi_turn", "--test_ood", "--dataset", "MIntRec2.0"],
    "MIntRec2.0": ["--multiturn"],
}


@needs_hosts
@pytest.mark.parametrize(
    ("name", "method", "more"),
    [
        ("MMOIR", "amess", ["--train_ood"]),
        ("MMOIR", "text", []),
        ("MIntRec2.0", "amess", []),
        ("MIntRec2.0", "amess_ood", []),
        ("MIntRec2.0", "mia_text", []),
    ],
)
def test_the_real_hosts_run_dialogues(name, method, more, plugins, total, backbone, table, tmp_path):
    checkout = copy_host(name, tmp_path / "host")
    data = total if name == "MMOIR" else total / "MIntRec2.0"
    settings = ["num_train_epochs=1", "train_batch_size=16", "lr=1e-3", "context_len=0.5"]
    settings += ["num_anchors=3", f"sentence_encoder={backbone}"] if method.startswith("amess") else []
    done = plugins(
        *["run", checkout, "--pretrained", f"bert-base-uncased={backbone}"],
        *[part for text in settings for part in ("--set", text)],
        *["--seeds", "0", "--", "--method", method, "--data_path", data, "--train", "--save_results"],
        *["--num_workers", "0", *MODES[name], *more],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    row = table()[-1]
    assert float(row["acc"]) >= 0
    assert {"oid_f1", "f1-known", "f1-open"} <= set(row)
    clean = ["git", "-C", str(checkout), "status", "--porcelain"]
    assert subprocess.run(clean, capture_output=True, text=True).stdout == ""


@needs_hosts
@pytest.mark.parametrize("name", MODES)
def test_an_installed_method_runs_dialogues_by_the_hosts_own_script(name, plugins, total, backbone, tmp_path):
    checkout = copy_host(name, tmp_path / "host")
    assert plugins("install", checkout, "--method", "text").returncode == 0
    make_runnable(checkout, backbone)
    method = "text" if name == "MMOIR" else "mia_text"
    script = checkout / ("run.py" if name == "MMOIR" else "run_multi_turn.py")
    config = "text_MIntRec2" if name == "MMOIR" else method
    data = total if name == "MMOIR" else total / "MIntRec2.0"
    code = SHIMMED.format(script=str(script))
    options = [
        "--method",
        method,
        "--multimodal_method",
        method,
        "--data_path",
        data,
        "--ood_dataset",
        "MIntRec2.0-OOD",
    ]
    options += ["--config_file_name", config, "--num_workers", "0", "--output_path", "out", *MODES[name]]
    options += ["--dataset", "MIntRec2.0", "--ood"] if name == "MIntRec2.0" else []
    command = [sys.executable, "-c", code, *map(str, options)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    # without --train it looks for a model, so that what was installed has been imported, built and given its data
    assert "no such checkpoint" in done.stderr.splitlines()[-1], done.stderr[-3000:]


SHIMMED = """
import runpy, sys
sys.argv = [{script!r}, *sys.argv[1:]]
sys.path.insert(0, {script!r}.rpartition("/")[0])
from mia_plugins.hosts.live import compat
compat.apply(hosts_own=True)
runpy.run_path({script!r}, run_name="__main__")
"""
