"""A kept model as one folder to give away, and on the Hugging Face hub.

The folder holds what predicting needs and nothing else: weights as safetensors, ``kept.json``, the text encoder's
configuration and tokenizer, the predictions that thresholds are fitted on, the run's record, and a model card.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import UserError, one_line
from ..nn.lookup import hub_reachable, is_hub_id
from ..system.files import make_folder, whole_file
from ..training.checkpoints import WEIGHTS
from .card import CARD, model_card
from .kept import BACKBONE, KEPT, REFERENCE, Kept, find_kept
from .records import RECORD
from .unseen import CALIBRATION

CONNECTIONS = ("requests", "httpx", "httpx2", "httpcore")  # packages that the hub's library speaks through
PARTS = (KEPT, WEIGHTS, REFERENCE)
# of a hub's repository: never code, never a pickle
WANTED = (
    *PARTS,
    CALIBRATION,
    RECORD,
    CARD,
    f"{BACKBONE}/*.json",
    f"{BACKBONE}/*.txt",
    f"{BACKBONE}/*.model",
    f"{BACKBONE}/weights_*",
)


def save_pretrained(kept: Kept, folder: Path, *, license: str | None = None) -> Path:
    """Copies a kept model, with everything that predicting needs and a model card, into a folder.

    Args:
        kept: the model.
        folder: new, or one that an earlier call has written.
        license: of the weights, as the hub spells it; the licence of the data limits it.

    Returns:
        The folder.

    Raises:
        UserError: the folder holds something else, or cannot be written.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / KEPT).is_file():
        raise UserError(f"{folder}: holds something else; give a new folder")
    make_folder(folder)
    if folder.resolve() != kept.folder.resolve():
        for name in (WEIGHTS, REFERENCE):
            copy(kept.folder / name, folder / name)
        if (kept.folder / CALIBRATION).is_file():  # of a model that takes new intents
            copy(kept.folder / CALIBRATION, folder / CALIBRATION)
        for path in sorted((kept.folder / BACKBONE).iterdir()):
            if path.is_file():
                copy(path, folder / BACKBONE / path.name)
        for record in (kept.folder.parent / RECORD, kept.folder / RECORD):  # of a run, or of a folder like this one
            if record.is_file():
                copy(record, folder / RECORD)
                break
    with whole_file(folder / CARD) as temporary:
        temporary.write_text(model_card(kept, license), encoding="utf-8")
    if folder.resolve() != kept.folder.resolve():
        copy(kept.folder / KEPT, folder / KEPT)  # last: with it, the folder is a model
    return folder


def copy(source: Path, target: Path) -> None:
    """A file, whole or not at all."""
    with whole_file(target) as temporary:
        shutil.copyfile(source, temporary)


def push_to_hub(
    kept: Kept, repo_id: str, *, private: bool = False, token: str | None = None, license: str | None = None
) -> str:
    """Uploads a kept model to the hub, in one commit.

    Args:
        kept: the model.
        repo_id: ``NAME/MODEL``; made if it is not there.
        private: for a repository that is made.
        token: of the hub; None: the one that ``hf auth login`` keeps.
        license: see :func:`save_pretrained`.

    Returns:
        The address of the commit.

    Raises:
        UserError: the hub cannot be reached, or refuses.
    """
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    with tempfile.TemporaryDirectory() as folder, on_the_hub(repo_id):
        save_pretrained(kept, Path(folder) / "model", license=license)
        api.create_repo(repo_id, private=private, exist_ok=True)
        done = api.upload_folder(
            repo_id=repo_id, folder_path=Path(folder) / "model", commit_message="Model of mia-plugins"
        )
        return str(done.commit_url)


def find_model(name: Any) -> Path:
    """The folder of a kept model: on disk, or on the hub, from where it is downloaded into the hub's cache.

    Args:
        name: the folder of a run or of a model, or a hub id.

    Raises:
        UserError: neither is there.
    """
    if Path(name).is_dir() or not isinstance(name, str) or not is_hub_id(name):
        return find_kept(Path(name))
    from huggingface_hub import snapshot_download, try_to_load_from_cache

    if (
        not isinstance(try_to_load_from_cache(name, KEPT), str) and not hub_reachable()
    ):  # which the library tries for long
        raise UserError(f"{name}: no such folder, and the hub, where it could be, cannot be reached; correct the path")
    with on_the_hub(name):
        return find_kept(Path(snapshot_download(name, allow_patterns=list(WANTED))))


@contextmanager
def on_the_hub(name: str) -> Iterator[None]:
    """Errors of the hub's library as one line.

    Raises:
        UserError: the hub cannot be reached, or refuses.
    """
    from huggingface_hub import errors

    known = (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, ValueError, OSError)
    try:
        yield
    except Exception as error:  # those of the library's own connections, which have changed from version to version
        if not isinstance(error, known) and type(error).__module__.partition(".")[0] not in CONNECTIONS:
            raise
        status = getattr(getattr(error, "response", None), "status_code", None)
        why = f"the hub answers {status}" if status else one_line(error)[:150]
        raise UserError(
            f"{name}: no such folder, and not to be had from the hub ({why}); check the name, the network, and "
            "`hf auth whoami`"
        ) from error
