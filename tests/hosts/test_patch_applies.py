"""The contribution in stand-in hosts: commits that apply one by one, and a host that then runs by itself."""

import json
import subprocess

import pytest
from hosts import bank_method
from hosts.helpers import ABOUT, command, patch, run_hosts, shorten
from hosts.standin_trees import CONFIGS, DATASETS, SCRIPTS, commit, contents, git, make_tree

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.table import BY_SHORT_NAME
from mia_plugins.plugin import register, registry

KINDS = sorted(BY_SHORT_NAME)


@pytest.fixture(scope="module", autouse=True)
def _registered():
    for method in (bank_method.METHOD, bank_method.OWN_WAY):
        register(method)
    yield
    for method in (bank_method.METHOD, bank_method.OWN_WAY):
        del registry._registered[registry.METHOD_GROUP][method.name]


@pytest.fixture(scope="module")
def trees(tmp_path_factory, backbone):
    """A stand-in of each host, and its patch."""
    found = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp("a host") / kind
        make_tree(folder, kind, backbone)
        before = contents(folder)
        assert patch(kind, folder.parent / "amess.patch", folder) == 0
        assert contents(folder) == before
        assert git(folder, "status", "--porcelain") == ""
        found[kind] = folder
    return found


def clone_of(tree, place):
    git(place.parent, "clone", "--quiet", str(tree), str(place))
    return place


@pytest.mark.parametrize("kind", KINDS)
def test_three_commits_apply_one_by_one(trees, kind, tmp_path):
    clone, mailbox = clone_of(trees[kind], tmp_path / "clone"), trees[kind].parent / "amess.patch"
    count = git(tmp_path, "mailsplit", f"-o{tmp_path}", str(mailbox)).strip()
    assert count == "3"
    for number, expected in enumerate(["network", "manager", "examples"], start=1):
        git(clone, "am", "--quiet", str(tmp_path / f"000{number}"))
        assert git(clone, "status", "--porcelain") == ""
        about = git(clone, "log", "-1", "--format=%an|%ae|%s").strip()
        assert about.startswith("A. Tester|tester@example.org|Add the ") or number == 3
        assert expected in about
        for path in git(clone, "diff", "--name-only", "HEAD~1", "--", "*.py").split():
            compile((clone / path).read_text(), path, "exec")
    added = git(clone, "diff", "--name-only", "--diff-filter=A", "HEAD~3").split()
    changed = set(git(clone, "diff", "--name-only", "--diff-filter=M", "HEAD~3").split())
    maps = {BY_SHORT_NAME[kind].methods_map[0], BY_SHORT_NAME[kind].nets_map[0]}
    assert maps <= changed <= maps | {"README.md", "requirements.txt"}
    assert ("README.md" in changed) == (kind != "mintrec")
    scripts = [path for path in added if path.endswith(".sh")]
    assert len(scripts) == {"mmoir": 3, "mintrec2": 2}.get(kind, 1)
    for path in scripts:
        assert subprocess.run(["bash", "-n", path], cwd=clone).returncode == 0
        text = (clone / path).read_text()
        assert "\nfor " in text or "\n    for " in text
    assert any("train_ood" in (clone / path).read_text() for path in scripts) == (kind == "mmoir")
    assert any("amess_ood" in (clone / path).read_text() for path in scripts) == (kind == "mintrec2")


def test_line_endings_are_kept(tmp_path, backbone, capsys):
    folder = make_tree(tmp_path / "host", "mmoir", backbone)
    path = folder / "methods/single_turn/__init__.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    commit(folder)
    patch("mmoir", tmp_path / "a.patch", folder)
    assert "for `git am --keep-cr`" in capsys.readouterr().out
    git(folder, "am", "--quiet", "--keep-cr", str(tmp_path / "a.patch"))
    raw = path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n") == 6
    assert b"'amess': AMESS,\r\n}" in raw


RUNS = {
    "mmoir": ("--test_ood", "--test_mode", "ood_det", "--ood_detection_method", "vim"),
    "mintrec2": ("--ood",),
    "mintrec": (),
    "mintood": ("--ood", "--ood_detection_method", "vim"),
}
MEASURED = {"mmoir": "auroc", "mintood": "auroc", "mintrec2": "oid_acc", "mintrec": "f1"}


def test_patched_hosts_train_without_this_package(trees, backbone, tmp_path):
    """A-MESS in every host; the others, with every hook between them, in one."""
    hosts, others = [], [("mmoir", name) for name in ("text", "bank", "own_way")] + [("mintrec", "own_way")]
    for kind, name in [*((kind, "amess") for kind in KINDS), *others]:
        clone, mailbox = clone_of(trees[kind], tmp_path / f"{kind}-{name}"), trees[kind].parent / f"{name}.patch"
        if name != "amess":
            patch(kind, mailbox, trees[kind], "--method", name)
        git(clone, "am", "--quiet", str(mailbox))
        for config in clone.glob(f"configs/**/*{name}*.py"):
            shorten(config, **({"sentence_encoder": str(backbone)} if name == "amess" else {}))
        model = backbone if kind == "mintrec" else "bert-base-uncased"
        config = CONFIGS[kind].replace("amess", name)
        options = ["--method", name, "--dataset", DATASETS[kind], "--config_file_name", config, *RUNS[kind]]
        options += [] if kind == "mintrec" else ["--multimodal_method", name]
        hosts.append((clone, SCRIPTS[kind], [*options, "--text_backbone", model, "--train", "--save_model"]))
    run_hosts(hosts, without_package=tmp_path / "blocked")
    for clone, _, _ in hosts:
        results = json.loads((clone / "outputs/results.json").read_text())
        assert {"acc", "best_eval_score", MEASURED[clone.name.split("-")[0]]} <= set(results)
        assert list(clone.glob("outputs/*/pytorch_model.bin"))


def test_needs_a_checkout_an_author_and_an_address(monkeypatch, tmp_path, trees):
    monkeypatch.delenv("MIA_HOSTS", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "nothing"))
    (tmp_path / "nothing").write_text("")
    output = ["-o", tmp_path / "a.patch"]
    with pytest.raises(UserError, match="give a checkout of MMOIR as --host DIR"):
        command("patch", "mmoir", *output, *ABOUT)
    with pytest.raises(UserError, match="is MIntOOD, not MMOIR"):
        patch("mmoir", tmp_path / "a.patch", trees["mintood"])
    with pytest.raises(UserError, match="git does not know who you are: give --author"):
        command("patch", "mmoir", *output, "--host", trees["mmoir"], *ABOUT[2:])
    with pytest.raises(UserError, match="write it as 'Name <name@example.org>'"):
        command("patch", "mmoir", *output, "--host", trees["mmoir"], "--author", "me", *ABOUT[2:])
    with pytest.raises(SystemExit):
        command("patch", "mmoir", *output, "--host", trees["mmoir"], *ABOUT[:4])  # neither figures nor without
    assert [path.name for path in tmp_path.iterdir()] == ["nothing"]
    (tmp_path / "nothing").write_text("[user]\n\tname = Somebody Else\n\temail = else@example.org\n")
    monkeypatch.setenv("MIA_HOSTS", str(tmp_path))
    (tmp_path / "MMOIR").symlink_to(trees["mmoir"])
    assert command("patch", "mmoir", *output, *ABOUT[2:]) == 0
    assert "From: Somebody Else <else@example.org>" in (tmp_path / "a.patch").read_text()


def test_refuses_a_host_that_has_the_method(tmp_path, backbone):
    folder = make_tree(tmp_path / "host", "mintood", backbone)
    patch("mintood", tmp_path / "a.patch", folder)
    git(folder, "am", "--quiet", str(tmp_path / "a.patch"))
    with pytest.raises(UserError, match="has amess already"):
        patch("mintood", tmp_path / "b.patch", folder)
    assert not (tmp_path / "b.patch").exists()
