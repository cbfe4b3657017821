"""Where a method's files and map entries go in each host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import UserError
from .table import MINTOOD, MINTREC, MINTREC2, MMOIR, Host


@dataclass(frozen=True)
class Layout:
    """One host's places; ``{method}`` in a name stands for the method's.

    Args:
        host: the host.
        short: its name on the command line here.
        configs: config's path -> method's name in the host, data set.
        example: path of the example script.
        template: module of the manager's part that only this host needs.
        variants: names under which the host runs a method.
        renamed: module that a template imports -> its name here.
        prebuilt: whether the host builds the network before it calls the manager.
        requirement: line for ``requirements.txt``; empty: all that is needed is there.
    """

    host: Host
    short: str
    configs: Mapping[str, tuple[str, str]]
    example: str
    template: str
    variants: tuple[str, ...] = ("{method}",)
    renamed: Mapping[str, str] = field(default_factory=dict)
    prebuilt: bool = False
    requirement: str = ""

    @property
    def methods_map(self) -> tuple[str, str]:
        """File and name of the map of managers."""
        return init_file(self.host.methods), "method_map"

    @property
    def nets_map(self) -> tuple[str, str]:
        """File and name of the map of networks."""
        module, name = self.host.fusion
        return init_file(module), name

    @property
    def nets_package(self) -> str:
        """The package that holds the networks."""
        package = self.host.fusion[0]
        return package if package.endswith("FusionNets") else package.replace("__init__", "FusionNets")

    def manager_file(self, method: str) -> str:
        """The manager's file."""
        return f"{self.host.methods.replace('.', '/')}/{class_name(method)}/manager.py"

    def net_file(self, method: str) -> str:
        """The network's file."""
        return f"{self.nets_package.replace('.', '/')}/{class_name(method)}.py"

    def net_import(self, method: str) -> str:
        """The network's module, as the file of the map imports it."""
        inside = self.nets_package[len(self.host.fusion[0].replace(".__init__", "")) :]
        return f"{inside}.{class_name(method)}"


def class_name(method: str) -> str:
    """A method's name as the hosts write folders and classes: ``mag_bert`` is ``MAG_BERT``."""
    return method.upper()


def init_file(module: str) -> str:
    """The file of a package.

    >>> init_file("methods.single_turn"), init_file("backbones.__init__")
    ('methods/single_turn/__init__.py', 'backbones/__init__.py')
    """
    path = module.replace(".__init__", "").replace(".", "/")
    return f"{path}/__init__.py"


TEMPLATES = "mia_plugins.hosts.upstream.templates"
SENTENCES = "sentence-transformers>=2.2.2"
LAYOUTS = {
    layout.short: layout
    for layout in (
        Layout(
            host=MMOIR,
            short="mmoir",
            configs={
                "configs/single_turn/{method}/{method}_MIntRec.py": ("{method}", "MIntRec"),
                "configs/single_turn/{method}/{method}_MIntRec2.py": ("{method}", "MIntRec2.0"),
            },
            example="examples/single_turn/{method}/run_{method}_MIntRec2.sh",
            template=f"{TEMPLATES}.mmoir",
        ),
        Layout(
            host=MINTREC2,
            short="mintrec2",
            configs={
                "configs/single_turn/{method}.py": ("{method}", "MIntRec2.0"),
                "configs/single_turn/{method}_ood.py": ("{method}_ood", "MIntRec2.0"),
            },
            example="examples/single_turn/run_{method}_baselines.sh",
            template=f"{TEMPLATES}.mintrec2",
            variants=("{method}", "{method}_ood"),
            renamed={"data": "data.single_turn"},
            prebuilt=True,
        ),
        Layout(
            host=MINTREC,
            short="mintrec",
            configs={"configs/{method}.py": ("{method}", "MIntRec")},
            example="examples/run_{method}.sh",
            template=f"{TEMPLATES}.mintrec",
            prebuilt=True,
            requirement=SENTENCES,
        ),
        Layout(
            host=MINTOOD,
            short="mintood",
            configs={"configs/{method}_MIntRec.py": ("{method}", "MIntRec")},
            example="examples/run_{method}.sh",
            template=f"{TEMPLATES}.mintood",
            requirement=SENTENCES,
        ),
    )
}


def layout_of(host: Host) -> Layout:
    """The layout of a host."""
    for layout in LAYOUTS.values():
        if layout.host.name == host.name:
            return layout
    raise UserError(f"{host.name}: nothing is known of where a method goes there")
