"""``mia-plugins data new`` and ``data show``."""

import numpy as np
import pytest

from mia_plugins import cli
from mia_plugins.data.dataset import DataRequest
from mia_plugins.data.folder.dataset import Folder


@pytest.fixture
def folder(tmp_path):
    rows = [f"c{i},hello there {i},{('yes', 'no', 'UNK')[i % 3]},{i // 3}" for i in range(60)]
    (tmp_path / "all.csv").write_text("\n".join(["ID,Utterance,Intent,Dialogue", *rows]) + "\n")
    np.savez(tmp_path / "audio.npz", **{f"c{i}": np.full((7, 2), i, np.float32) for i in range(60)})
    return tmp_path


def test_a_draft_says_what_is_read_without_it(folder, capsys):
    assert cli.main(["data", "new", str(folder)]) == 0
    text = (folder / "dataset.toml").read_text()
    for line in (
        'problem = "multi-class"',
        'labels = ["no", "yes"]',
        'out_of_scope = "UNK"',
        'text = "Utterance"',
        'label = "Intent"',
        'key = "ID"',
        'dialogue = "Dialogue"',
        "audio = 7",
        "text = 6",
    ):
        assert line in text, text
    data = Folder(folder).read(DataRequest(str(folder), test_ood=True))
    assert data.labels == ("no", "yes")
    assert set(data.splits["ood_test"].label_ids.tolist()) == {2}
    capsys.readouterr()
    assert cli.main(["data", "new", str(folder)]) == 2
    assert "is there already; edit it" in capsys.readouterr().err
    assert (folder / "dataset.toml").read_text() == text


def test_a_draft_where_no_column_is_known(folder):
    path = folder / "all.csv"
    path.write_text(path.read_text().replace("Utterance,Intent", "Worte,Absicht"))
    assert cli.main(["data", "new", str(folder)]) == 0
    text = (folder / "dataset.toml").read_text()
    assert "of: ID, Worte, Absicht, Dialogue" in text
    assert '# text = "..."' in text
    (folder / "dataset.toml").write_text(
        text.replace('# text = "..."', 'text = "Worte"').replace('# label = "..."', 'label = "Absicht"')
    )
    assert Folder(folder).read(DataRequest(str(folder))).labels == ("no", "UNK", "yes")


def test_one_clip(folder, capsys):
    assert cli.main(["data", "show", str(folder), "c4", "--dataset", f"{folder}/"]) == 0
    out = capsys.readouterr().out
    wanted = ("text     hello there 4", "label    no", "all.csv, row 6", "dialogue 1", "video    none", "7 frames of 2")
    for words in wanted:
        assert words in out, out
    assert cli.main(["data", "show", str(folder), "c444", "--dataset", f"{folder}/"]) == 2
    assert "has no clip 'c444'; it has such as c44" in capsys.readouterr().err
