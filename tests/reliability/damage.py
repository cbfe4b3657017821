"""Ways to damage or swap a part of a kept model; each changes a folder ``models``."""

import json
import os
import shutil

import numpy as np
from safetensors.numpy import load_file, save_file


def weights(change):
    def edited(models):
        path = models / "model.safetensors"
        arrays = load_file(path)
        change(arrays)
        save_file(arrays, path)

    return edited


def write(name, content):
    def written(models):
        path = models / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        if content is None:
            path.mkdir()
        elif content == "fifo":
            os.mkfifo(path)
        elif content == "loop":
            path.symlink_to(path)
        elif content == "device":
            path.symlink_to("/dev/zero")
        elif content != "gone":
            path.write_bytes(content)

    return written


def assign(name, value):
    def change(arrays):
        arrays[name] = value(arrays[name])

    return weights(change)


WEIGHTS = {
    "NaN in one": assign("classifier.bias", lambda a: np.where(np.arange(len(a)) == 3, np.nan, a).astype(a.dtype)),
    "inf in one": assign("classifier.weight", lambda a: a + np.float32(np.inf)),
    "all NaN": weights(lambda arrays: arrays.update({k: v * np.float32("nan") for k, v in arrays.items()})),
    "float64": assign("classifier.bias", lambda a: a.astype(np.float64)),
    "float16": assign("classifier.bias", lambda a: a.astype(np.float16)),
    "int64": assign("classifier.bias", lambda a: a.astype(np.int64)),
    "bool": assign("classifier.bias", lambda a: a > 0),
    "other shape": assign("classifier.bias", lambda a: a[:-1]),
    "other rank": assign("classifier.bias", lambda a: a[None]),
    "empty": assign("classifier.bias", lambda a: a[:0]),
    "one missing": weights(lambda arrays: arrays.pop("classifier.bias")),
    "one too many": weights(lambda arrays: arrays.update(other=np.zeros(3, np.float32))),
    "none": weights(lambda arrays: arrays.clear()),
    "another model": weights(lambda arrays: (arrays.clear(), arrays.update(w=np.zeros(3, np.float32)))),
    "no bytes": write("model.safetensors", b""),
    "text": write("model.safetensors", b"not weights"),
    "a pickle": write("model.safetensors", b"cos\nsystem\n(S'touch ran'\ntR."),
    "a huge header": write("model.safetensors", (2**62).to_bytes(8, "little") + b"{}"),
    "a deep header": write("model.safetensors", (10**5).to_bytes(8, "little") + b"[" * 10**5),
    "a folder": write("model.safetensors", None),
    "a fifo": write("model.safetensors", "fifo"),
    "a loop": write("model.safetensors", "loop"),
    "gone": write("model.safetensors", "gone"),
}


def reference(change):
    def edited(models):
        path = models / "reference.npz"
        with np.load(path) as file:
            arrays = dict(file)
        change(arrays)
        np.savez(path, **arrays)

    return edited


def put(name, value):
    return reference(lambda arrays: arrays.update({name: value(arrays[name])}))


REFERENCE = {
    "NaN logits": put("logits", lambda a: a * np.nan),
    "inf features": put("features", lambda a: a + np.inf),
    "fewer classes": put("logits", lambda a: a[:, :-1]),
    "more classes": put("logits", lambda a: np.hstack([a, a])),
    "fewer features": put("features", lambda a: a[:, :-1]),
    "fewer rows": put("logits", lambda a: a[:-1]),
    "no rows": reference(lambda arrays: arrays.update({k: v[:0] for k, v in arrays.items()})),
    "one rank": put("logits", lambda a: a[0]),
    "scalar": put("label_ids", lambda a: a[0]),
    "text": put("logits", lambda a: a.astype(str)),
    "objects": put("logits", lambda a: a.astype(object)),
    "complex": put("features", lambda a: a.astype(complex)),
    "labels out of range": put("label_ids", lambda a: a + 1000),
    "negative labels": put("label_ids", lambda a: a - 5),
    "float labels": put("label_ids", lambda a: a.astype(float)),
    "float16": put("logits", lambda a: a.astype(np.float16) * np.float16(np.inf)),
    "lacks one": reference(lambda arrays: arrays.pop("features")),
    "no bytes": write("reference.npz", b""),
    "no archive": write("reference.npz", b"PK\3\4" + b"x" * 50),
    "a folder": write("reference.npz", None),
    "a fifo": write("reference.npz", "fifo"),
    "a device": write("reference.npz", "device"),
}


def backbone_file(name, content):
    return lambda models: write(name, content)(models / "backbone")


def config(**values):
    def change(models):
        path = models / "backbone" / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


BACKBONE = {
    "config gone": backbone_file("config.json", "gone"),
    "config empty": backbone_file("config.json", b""),
    "config no JSON": backbone_file("config.json", b"{"),
    "config a list": backbone_file("config.json", b"[]"),
    "config deep": backbone_file("config.json", b"[" * 200_000),
    "config a folder": backbone_file("config.json", None),
    "config another model": config(model_type="gpt2"),
    "config of no model": config(model_type="nothing"),
    "config narrower": config(hidden_size=8),
    "config wider": config(hidden_size=10**6),
    "config of 0 layers": config(num_hidden_layers=0),
    "config of -1 layers": config(num_hidden_layers=-1),
    "config of text": config(hidden_size="x"),
    "config of odd heads": config(num_attention_heads=3),
    "config of no heads": config(num_attention_heads=0),
    "config with code": config(auto_map={"AutoModel": "evil.Evil", "AutoConfig": "evil.Evil"}),
    "tokenizer gone": lambda models: [path.unlink() for path in (models / "backbone").glob("*tok*")],
    "tokenizer no JSON": backbone_file("tokenizer_config.json", b"{"),
    "tokenizer deep": backbone_file("tokenizer_config.json", b"[" * 200_000),
    "vocabulary of bytes": lambda models: [
        path.write_bytes(b"\xff\xfe\0")
        for name in ("vocab.txt", "tokenizer.json")
        for path in models.glob(f"backbone/{name}")
    ],
    "vocabulary too large": lambda models: [
        path.write_text(path.read_text().replace('"a": 1', '"a": 1000'))
        for path in models.glob("backbone/tokenizer.json")
    ],
    "gone": write("backbone", "gone"),
    "a file": write("backbone", b"x"),
    "empty": write("backbone", None),
}
DESCRIPTION = {
    "no bytes": write("kept.json", b""),
    "bytes": write("kept.json", b"\xff\xfe\0"),
    "deep": write("kept.json", b"[" * 200_000),
    "a folder": write("kept.json", None),
    "a fifo": write("kept.json", "fifo"),
    "a loop": write("kept.json", "loop"),
    "a device": write("kept.json", "device"),
    "config.json gone": write("config.json", "gone"),
    "config.json empty": write("config.json", b""),
    "config.json a list": write("config.json", b"[]"),
    "config.json deep": write("config.json", b"[" * 200_000),
    "config.json of another": write("config.json", b'{"method": "amess"}'),
    "config.json a fifo": write("config.json", "fifo"),
}
ALL = {"weights": WEIGHTS, "reference": REFERENCE, "backbone": BACKBONE, "description": DESCRIPTION}
