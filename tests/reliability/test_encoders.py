"""Names and folders of encoders: refused in one line before any data are read, without a network; nothing of them runs."""

import json
import shutil
import time

import pytest
from reliability.attack import expect, refused

from mia_plugins.nn.backbones import load_encoder, load_tokenizer
from mia_plugins.runs.options import make_options
from mia_plugins.runs.session import check_options

NAMES = [
    *(
        "nonsense",
        "nonsense/x",
        "/data/models/bert-base",
        "a b",
        "../../etc",
        "/etc/passwd",
        "https://huggingface.co/bert",
    ),
    *("user/repo/three", "😀", "x" * 97, "x/" + "y" * 97, "bert-", "-bert", ".bert", "bert.", "a--b", "a..b", "a.git"),
    *("~/bert", "$HOME", "bert\nbase", "C:\\bert", "/dev/null", "/proc/self/mem", "%s", "file:///etc/passwd", "a/b/"),
]
CODE = "import pathlib; pathlib.Path('ran').touch()\n"


@pytest.mark.parametrize("name", NAMES)
def test_names(data, name):
    kind, began = "encoders: wrong names", time.process_time()
    message = refused(kind, lambda: check_options(make_options({"data_path": str(data), "text_backbone": name})))
    expect(kind, "text backbone" in message, f"{message} does not say what is wrong")
    expect(kind, time.process_time() - began < 5, "took more than 5 seconds")


def config(**values):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


PICKLE = b"cposix\nsystem\n(S'touch ran'\ntR."
FOLDERS = {
    "empty": lambda folder: [path.unlink() for path in folder.iterdir()],
    "no config": lambda folder: (folder / "config.json").unlink(),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "config of bytes": write("config.json", b"\xff\xfe"),
    "config deep": write("config.json", b"[" * 200_000),
    "config of another kind": config(model_type="nothing"),
    "config of code": config(model_type="nothing", auto_map={"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil"}),
    "config of text": config(hidden_size="x"),
    "weights of bytes": write("model.safetensors", b"\xff" * 100),
    "weights cut": lambda folder: write("model.safetensors", (folder / "model.safetensors").read_bytes()[:-9])(folder),
    "weights a pickle": lambda folder: (
        (folder / "model.safetensors").unlink(), write("pytorch_model.bin", PICKLE)(folder),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(backbone, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    kind, folder = "encoders: hostile and broken folders", shutil.copytree(backbone, tmp_path / "encoder")
    (folder / "evil.py").write_text(CODE)
    FOLDERS[name](folder)
    message = refused(kind, lambda: (load_tokenizer(str(folder)), load_encoder(str(folder))))
    expect(kind, str(folder) in message, f"{message} does not name the folder")
    expect(kind, not (tmp_path / "ran").exists(), "code ran")
