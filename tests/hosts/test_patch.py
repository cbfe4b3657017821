"""The files of a contribution: the same code as the method's, as little of it as a maintainer wants to read."""

import ast
import json
import re
import subprocess
import sys

import pytest
from hosts import bank_method
from hosts.helpers import settings_in

from mia_plugins.hosts.facts.table import BY_SHORT_NAME
from mia_plugins.hosts.upstream.about import about
from mia_plugins.hosts.upstream.bundle import Bundle
from mia_plugins.hosts.upstream.files import NEVER, bundles, method_files
from mia_plugins.hosts.upstream.module_text import parse
from mia_plugins.plugin import Method, UserError, register, registry
from mia_plugins.plugin.registry import find_method

KINDS = sorted(BY_SHORT_NAME)
ALLOWED = {"torch", "transformers", "sentence_transformers", "numpy", "sklearn", "scipy", "tqdm"}
HOSTS_OWN = {"backbones", "configs", "data", "evaluation", "methods", "ood_detection", "utils"}
METHODS = {"amess": None, "text": None, "misa": None, "bank": bank_method.METHOD, "own_way": bank_method.OWN_WAY}


def said_of(name):
    return about(METHODS[name] or find_method(name))


@pytest.fixture(scope="module", autouse=True)
def _registered():
    """The methods of the tests, known to this process as long as these tests run."""
    mine = [method for method in METHODS.values() if method is not None]
    for method in mine:
        register(method)
    yield
    for method in mine:
        del registry._registered[registry.METHOD_GROUP][method.name]


@pytest.fixture(scope="module")
def files(_registered):
    """Path -> text of every file, by host and method."""
    found = {}
    for kind in KINDS:
        for name in METHODS:
            nets, managers = method_files(BY_SHORT_NAME[kind], said_of(name))
            found[kind, name] = {**nets, **managers}
    return found


class Bare(ast.NodeTransformer):
    """Takes out what a patch has none of: annotations, docstrings, arguments that are never given."""

    def __init__(self, never=(), names=None):
        self.never, self.names = never, names or {}

    def visit_FunctionDef(self, node):
        node.returns = None
        kept = [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults) if a.arg not in self.never]
        node.args.kwonlyargs, node.args.kw_defaults = [a for a, _ in kept], [d for _, d in kept]
        return self.visit_ClassDef(node)

    def visit_ClassDef(self, node):
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        node.name = self.names.get(node.name, node.name)
        self.fields = "NamedTuple" in ast.unparse(node) or "dataclass" in ast.unparse(node)
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        if self.fields and node.simple and isinstance(node.annotation, ast.AST) and not node.value:
            return node
        return self.generic_visit(ast.Assign([node.target], node.value, lineno=0)) if node.value else None

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_keyword(self, node):
        return None if node.arg in self.never else self.generic_visit(node)

    def visit_IfExp(self, node):
        test = ast.unparse(node.test)
        kept = node.orelse if test in self.never else node.body if test[: -len(" is None")] in self.never else None
        return self.visit(kept) if kept is not None else self.generic_visit(node)


def definitions(text, never=(), names=None):
    """Top-level functions and classes of a file by name, as their bare syntax trees, classes as their methods'."""
    found = {}
    for node in Bare(never, names).visit(ast.parse(text)).body:
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            found.update({f"{node.name}.{part.name}": ast.dump(part) for part in methods})
            found[node.name] = ast.dump(ast.Module([part for part in node.body if part not in methods], []))
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = ast.dump(node)
    return found


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_code_is_the_source(kind, name):
    for bundle in bundles(BY_SHORT_NAME[kind], said_of(name)):
        sources = []
        for module in bundle.order:
            text = "\n\n".join(part.text for part in parse(module).definitions)
            sources.append(definitions(text, NEVER.get(module, ()), bundle.renames.get(module)))
        found = definitions(bundle.text("", {"embed", "encode", "pool", "dim"}))
        assert found
        for definition, tree in found.items():
            assert tree in [source.get(definition) for source in sources], definition


def test_a_changed_equation_would_be_noticed():
    source = "def f(x: int = 2) -> int:\n    '''Doc.'''\n    return x + 1\n"
    assert definitions(source) == definitions("def f(x=2):\n    return x + 1\n")
    assert definitions(source) != definitions("def f(x=2):\n    return x + 2\n")


def test_no_part_of_the_model_is_missing(files):
    text = files["mmoir", "amess"]["backbones/FusionNets/AMESS.py"]
    for name in ("SalienceAlignment", "select_anchors", "AnchorCrossAttention", "IdentityStart", "triplet_contrastive"):
        assert f" {name}(" in text
    for equation in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17):
        assert re.search(rf"Eq\. [\d, -]*\b{equation}\b", text) or equation in (9, 10), equation
    assert "# finite, as a clip may have no frames" in text
    assert "# smaller cosines count as this one" in text


def test_as_short_as_promised(files):
    lines = {path: len(text.splitlines()) for path, text in files["mmoir", "amess"].items()}
    assert lines["backbones/FusionNets/AMESS.py"] <= 525
    assert lines["methods/single_turn/AMESS/manager.py"] <= 280
    for kind in KINDS:
        for path, text in files[kind, "amess"].items():
            assert len(text.splitlines()) <= 525 or path.endswith(".json")


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_files_import_only_what_a_host_has_and_point_at_nothing_else(files, kind, name):
    standard = set(getattr(sys, "stdlib_module_names", ())) | {"json", "logging", "os", "pathlib", "types", "typing"}
    for path, text in files[kind, name].items():
        if not path.endswith(".py"):
            assert json.loads(text)
            continue
        for word in (
            "mia_plugins",
            "docs/",
            "reading",
            "noqa",
            ":func:",
            ":class:",
            "process",
            "appendix\n",
            "is_os_f1",
        ):
            assert word not in text, (path, word)
        assert all(len(line) <= 124 for line in text.splitlines())
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                assert module.split(".")[0] in ALLOWED | HOSTS_OWN | standard | {"__future__"}, f"{path}: {module}"


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_files_pass_a_linter(files, kind, name, tmp_path):
    for path, text in files[kind, name].items():
        if path.endswith(".py"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
    pytest.importorskip("ruff")
    lint = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F", "--line-length", "124", "."]
    done = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_config_has_what_is_read_and_nothing_else(files, kind, name, tmp_path):
    host, texts = BY_SHORT_NAME[kind], files[kind, name]
    code = "\n".join(text for path, text in texts.items() if path.endswith(".py") and "/configs" not in f"/{path}")
    for path in host.config_files:
        config = tmp_path / "config.py"
        config.write_text(texts[path.format(method=name)])
        values = settings_in(config)
        assert {"lr", "eval_monitor", "num_train_epochs"} <= set(values)
        for key in values:
            assert re.search(rf"(args|settings)\.{key}\b", code) or (key == "scale" and kind != "mintrec"), key
        assert "length_batches" not in values
        assert "aligned_method" not in values
        assert ("ood_training" in values) == (kind in ("mmoir", "mintrec2"))
        assert ("= [" in config.read_text() or "': [" in config.read_text()) == (not host.common_param)
    if kind == "mintrec":
        space: dict = {}
        exec(config.read_text(), space)
        param = space["Param"](None)
        assert not set(param.common_param) & set(param.hyper_param)


def test_hooks_are_there_only_if_the_method_has_them(files):
    plain, full = (files["mmoir", name] for name in ("amess", "own_way"))
    manager = plain["methods/single_turn/AMESS/manager.py"]
    assert not re.search("train_place|prepare|Trainer", manager)
    manager = full["methods/single_turn/OWN_WAY/manager.py"]
    assert "fill(self.model, self.reference_dataloader, self.device)" in manager
    assert "AdamW" not in manager
    assert "class TwiceManager(Trainer):" in manager


def test_two_things_of_one_name_are_refused():
    name = ("mia_plugins.methods.amess.losses", "triplet_contrastive")
    with pytest.raises(ValueError, match="two things called classification_loss"):
        Bundle(
            "mia_plugins.methods.amess.model",
            replace={name: ("mia_plugins.nn.losses", "classification_loss")},
            provided={("mia_plugins.nn.losses", "classification_loss"): "elsewhere"},
        ).claim("classification_loss", name)


def test_code_that_is_no_function_of_a_module_is_refused():
    with pytest.raises(UserError, match="its build must be a function or class at the top level of a module"):
        about(Method(name="x", build=lambda task, settings: None, settings=bank_method.Settings))


def test_upstream_model_is_the_default_one(tmp_path, backbone, monkeypatch):
    """Seeded alike, the two ways of building A-MESS give the same weights."""
    import torch

    from mia_plugins.methods.amess import upstream
    from mia_plugins.methods.amess.model import build
    from mia_plugins.methods.amess.settings import Settings
    from mia_plugins.plugin import Task

    labels = ("Thank", "Agree", "Joke")
    (tmp_path / "descriptions.json").write_text(upstream.files(labels)[".json"])
    monkeypatch.setattr(upstream, "DESCRIPTIONS", tmp_path / "descriptions.json")
    task = Task("MIntRec", labels, 3, str(backbone), 9, 12, 14, 6, 10)
    states = []
    for make in (build, upstream.build):
        torch.manual_seed(3)
        states.append(make(task, Settings(sentence_encoder=str(backbone))).state_dict())
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
