"""The contribution: the same code as the method's own, a patch that applies, and a host that then runs by itself."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hosts.helpers import command, run_hosts, shorten
from hosts.standin_trees import CONFIGS, DATASETS, SCRIPTS, commit, contents, git, make_tree

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.table import BY_SHORT_NAME
from mia_plugins.hosts.upstream.bundle import Bundle
from mia_plugins.hosts.upstream.module_text import parse, read_source
from mia_plugins.hosts.upstream.vendor import bundles, config_text, vendored_files

KINDS = sorted(BY_SHORT_NAME)
ALLOWED = {"torch", "transformers", "sentence_transformers", "numpy", "sklearn", "scipy", "tqdm"}
HOSTS_OWN = {"backbones", "configs", "data", "evaluation", "methods", "ood_detection", "utils"}


def definitions(text):
    """Top-level functions and classes of a file, as their syntax trees without line numbers."""
    return {node.name: ast.dump(node) for node in ast.parse(text).body if hasattr(node, "name")}


@pytest.mark.parametrize("kind", KINDS)
def test_vendored_code_is_the_source(kind):
    for bundle in bundles(BY_SHORT_NAME[kind]):
        sources = {name: definitions(read_source(name)) for name in bundle.order}
        found = definitions(bundle.text())
        assert found
        for name, tree in found.items():
            assert tree in [source.get(name) for source in sources.values()], name


def test_nothing_of_the_method_is_missing():
    text = bundles(BY_SHORT_NAME["mmoir"])[0].text()
    for module in ("alignment", "anchors", "attention", "fusion", "losses", "model", "settings", "descriptions"):
        for name in definitions("\n\n".join(d.text for d in parse(f"mia_plugins.methods.amess.{module}").definitions)):
            assert name in definitions(text), name


@pytest.mark.parametrize("kind", KINDS)
def test_vendored_files_import_only_what_a_host_has(kind):
    standard = getattr(sys, "stdlib_module_names", None) or pytest.skip("Python 3.9 has no list of its own modules")
    for path, text in vendored_files(BY_SHORT_NAME[kind]).items():
        if not path.endswith(".py"):
            assert json.loads(text)
            continue
        assert "mia_plugins" not in text
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                top = module.split(".")[0]
                assert top in ALLOWED | HOSTS_OWN | set(standard), f"{path}: {module}"


def test_comments_and_docstrings_are_kept():
    text = bundles(BY_SHORT_NAME["mmoir"])[0].text()
    assert "# the LSTM runs forward in time" in text
    assert "# cosines below this count as this" in text
    assert "Begins as the identity on the text" in text


@pytest.mark.parametrize("kind", KINDS)
def test_config_has_every_setting_once(kind):
    host = BY_SHORT_NAME[kind]
    name, dataset = next(iter(host.config_files.values()))
    space: dict = {}
    exec(config_text(host, name.format(method="amess"), dataset), space)
    param = space["Param"](None)
    common = getattr(param, "common_param", {})
    assert bool(common) == (kind == "mintrec")
    assert not set(common) & set(param.hyper_param)
    assert {"lr", "num_anchors", "eval_monitor", "scale"} <= {*common, *param.hyper_param}
    assert not any(isinstance(value, (list, tuple, dict)) for value in param.hyper_param.values())


def test_two_things_of_one_name_are_refused():
    name = ("mia_plugins.methods.amess.losses", "triplet_contrastive")
    with pytest.raises(ValueError, match="two things called classification_loss"):
        Bundle(
            "mia_plugins.methods.amess.model",
            replace={name: ("mia_plugins.nn.losses", "classification_loss")},
            provided={("mia_plugins.nn.losses", "classification_loss"): "elsewhere"},
        ).claim("classification_loss", name)


@pytest.fixture(scope="module")
def trees(tmp_path_factory, backbone):
    """A stand-in of each host, and its patch."""
    found = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp("a host") / kind
        make_tree(folder, kind, backbone)
        before = contents(folder)
        assert command("patch", kind, "-o", folder.parent / "amess.patch", "--host", folder) == 0
        assert contents(folder) == before
        assert git(folder, "status", "--porcelain") == ""
        found[kind] = folder
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_patch_applies_and_passes_a_linter(trees, kind, tmp_path):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(trees[kind]), str(clone))
    git(clone, "apply", str(trees[kind].parent / "amess.patch"))
    commit(clone)
    added = git(clone, "diff", "--name-only", "--diff-filter=A", "HEAD~1").split()
    changed = set(git(clone, "diff", "--name-only", "--diff-filter=M", "HEAD~1").split())
    expected = {BY_SHORT_NAME[kind].methods_map[0], BY_SHORT_NAME[kind].nets_map[0]}
    assert expected <= changed <= expected | {"README.md", "requirements.txt"}
    assert ("requirements.txt" in changed) == (kind in ("mintrec", "mintood"))
    assert ("README.md" in changed) == (kind != "mintrec")
    assert any(path.endswith("AMESS/manager.py") for path in added)
    python = [path for path in added if path.endswith(".py")]
    for path in python:
        compile((clone / path).read_text(), path, "exec")
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff:
        lint = [ruff, "check", "--isolated", "--select", "E,F", *python]
        assert subprocess.run(lint, cwd=clone, capture_output=True, text=True).returncode == 0
    for path in added:
        if path.endswith(".sh"):
            assert subprocess.run(["bash", "-n", path], cwd=clone).returncode == 0


def test_patch_keeps_line_endings(tmp_path, backbone):
    folder = make_tree(tmp_path / "host", "mmoir", backbone)
    path = folder / "methods/single_turn/__init__.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    commit(folder)
    command("patch", "mmoir", "-o", tmp_path / "a.patch", "--host", folder)
    git(folder, "apply", str(tmp_path / "a.patch"))
    raw = path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n") == 6
    assert b"'amess': AMESS,\r\n}" in raw


RUNS = {
    "mmoir": ("--test_ood", "--test_mode", "ood_det", "--ood_detection_method", "vim", "--multimodal_method", "amess"),
    "mintrec2": ("--ood", "--multimodal_method", "amess"),
    "mintrec": (),
    "mintood": ("--ood", "--ood_detection_method", "vim", "--multimodal_method", "amess"),
}


def test_patched_hosts_train_without_this_package(trees, backbone, tmp_path):
    hosts = []
    for kind in KINDS:
        clone = tmp_path / kind
        git(tmp_path, "clone", "--quiet", str(trees[kind]), str(clone))
        git(clone, "apply", str(trees[kind].parent / "amess.patch"))
        for config in clone.glob("configs/**/*amess*.py"):
            # one of them with the descriptions; the others need not wait for sentence-transformers
            shorten(config, sentence_encoder=str(backbone), semantic_sync=kind == "mmoir")
        model = backbone if kind == "mintrec" else "bert-base-uncased"
        options = ["--method", "amess", "--dataset", DATASETS[kind], "--config_file_name", CONFIGS[kind], *RUNS[kind]]
        hosts.append((clone, SCRIPTS[kind], [*options, "--text_backbone", model, "--train", "--save_model"]))
    run_hosts(hosts, without_package=tmp_path / "blocked")
    measured = {"mmoir": "auroc", "mintood": "auroc", "mintrec2": "oid_acc", "mintrec": "f1"}
    for kind in KINDS:
        results = json.loads((tmp_path / kind / "outputs/results.json").read_text())
        assert {"acc", "best_eval_score", measured[kind]} <= set(results)
        assert list((tmp_path / kind).glob("outputs/*/pytorch_model.bin"))


def test_letter_names_the_commit_and_the_settings(trees):
    text = (trees["mmoir"].parent / "amess.md").read_text()
    assert git(trees["mmoir"], "rev-parse", "HEAD").strip() in text
    assert "| `num_anchors` | `8` |" in text
    assert "python run.py --data_path DIR" in text
    assert "{" not in text.replace("{label", "")


def test_needs_a_checkout(monkeypatch, tmp_path, trees):
    monkeypatch.delenv("MIA_HOSTS", raising=False)
    with pytest.raises(UserError, match="give a checkout of MMOIR as --host DIR"):
        command("patch", "mmoir", "-o", tmp_path / "a.patch")
    with pytest.raises(UserError, match="is MIntOOD, not MMOIR"):
        command("patch", "mmoir", "-o", tmp_path / "a.patch", "--host", trees["mintood"])
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("MIA_HOSTS", str(tmp_path))
    (tmp_path / "MMOIR").symlink_to(trees["mmoir"])
    assert command("patch", "mmoir", "-o", tmp_path / "a.patch") == 0


def test_refuses_a_host_that_has_the_method(tmp_path, backbone):
    folder = make_tree(tmp_path / "host", "mintood", backbone)
    command("patch", "mintood", "-o", tmp_path / "a.patch", "--host", folder)
    git(folder, "apply", str(tmp_path / "a.patch"))
    commit(folder)
    with pytest.raises(UserError, match="is in the last commit already"):
        command("patch", "mintood", "-o", tmp_path / "b.patch", "--host", folder)


def test_refuses_what_is_no_git_checkout(tmp_path, backbone):
    folder = make_tree(tmp_path / "host", "mmoir", backbone)
    shutil.rmtree(folder / ".git")
    with pytest.raises(UserError, match="give a git checkout of the host"):
        command("patch", "mmoir", "-o", tmp_path / "a.patch", "--host", folder)
