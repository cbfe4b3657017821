"""Methods find an answer that lies in the frames alone."""

import pytest
from one_modality import adapter, make_data

import mia_plugins

TRAINING = {"num_train_epochs": 20, "wait_patience": 20, "train_batch_size": 8, "lr": 3e-3, "dropout_prob": 0.0}
TCL_MAP = {"attn_dropout": 0.0, "res_dropout": 0.0, "embed_dropout": 0.0, "shared_dim": 8, "layers": 2}


@pytest.mark.parametrize(
    ("method", "answer", "settings", "least", "most"),
    [
        ("cagc", "video", {"num_train_epochs": 8}, 90, 100),
        ("miar", "audio", {"num_train_epochs": 10}, 90, 100),
        # the authors' gate lets next to nothing of the frames through; see docs/methods.md
        ("tcl_map", "video", TCL_MAP, 0, 60),
        ("tcl_map", "video", {**TCL_MAP, "beta_shift": 1.0, "num_train_epochs": 12}, 90, 100),
    ],
)
def test_the_answer_is_found_in_the_frames(calm_backbone, tmp_path, monkeypatch, method, answer, settings, least, most):
    monkeypatch.chdir(tmp_path)
    make_data(tmp_path, answer)
    options = {"dataset": adapter(f"made-{answer}"), "data_path": str(tmp_path), "text_backbone": str(calm_backbone)}
    chosen = {**TRAINING, "new_lr_factor": 1.0, **settings}
    results = mia_plugins.run(method=method, **options, train=True, set=chosen)
    print(f"{method}, {answer}: {results.mean['acc']:.1f}")
    assert least <= results.mean["acc"] <= most
