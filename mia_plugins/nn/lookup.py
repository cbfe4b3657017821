"""Finding pre-trained encoders by name: a folder, an installed package, the hub's cache. Loads nothing; needs no torch."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import UserError
from ..system.digests import digest, file_digest
from ..system.json_files import read_object
from .packaged import demo_encoder

DEMO = "all-MiniLM-L6-v2"
WEIGHTS = (".safetensors", ".bin", ".h5", ".msgpack", ".pt")
SMALL = 384  # the largest width of a small encoder
HUB_IDS = {DEMO: f"sentence-transformers/{DEMO}"}  # other names are hub ids already


def resolve(name: str) -> str:
    """The folder of a pre-trained encoder, or its hub id where no folder is known.

    Args:
        name: a folder, a hub id, or ``all-MiniLM-L6-v2``, which the package extra ``[demo]`` installs.
    """
    if os.path.isdir(name):
        return str(Path(name).resolve())
    if name == DEMO:
        try:
            return str(demo_encoder())
        except UserError:
            if not in_cache(HUB_IDS[DEMO]):
                raise
    return HUB_IDS.get(name, name)


def hidden_size(name: str) -> int | None:
    """The width of a pre-trained encoder, by its ``config.json``; None where that is not on this machine."""
    return configured(name, "hidden_size")


def positions(name: str) -> int | None:
    """How many tokens a pre-trained encoder takes, by its ``config.json``; None where that is not on this machine."""
    most = configured(name, "max_position_embeddings")
    # RoBERTa and its kin count from behind the id of padding, which is 1
    return most - 2 if most is not None and most % 8 == 2 else most


def configured(name: str, key: str) -> int | None:
    """A whole number of a pre-trained encoder's ``config.json``; None where it is not there."""
    try:
        folder = local_folder(resolve(name))
        return read_object(folder / "config.json", {key: int})[key] if folder else None
    except (UserError, OSError, TypeError):  # the last: a config that is only looked at has no name to give
        return None


def encoder_digest(name: str) -> str:
    """What tells one pre-trained encoder from another: its weights and configuration, whatever its folder is called.

    The name itself where no folder on this machine holds it.
    """
    try:
        folder = local_folder(resolve(name))
    except UserError:
        return name
    if folder is None or not (folder / "config.json").is_file():
        return name
    files = [folder / "config.json", *sorted(path for path in folder.rglob("*") if path.suffix in WEIGHTS)]
    try:
        return f"encoder {digest([file_digest(path) for path in files])[:16]}"
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be read ({error.strerror}); check its permissions") from error


def local_folder(source: str) -> Path | None:
    """The folder of an encoder on this machine: the one named, or the one in the hub's cache."""
    if os.path.isdir(source):
        return Path(source)
    if not is_hub_id(source):
        return None
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(source, "config.json")
    return Path(path).parent if isinstance(path, str) else None


def is_hub_id(name: str) -> bool:
    """Whether a name could be that of a model on the hub.

    >>> [is_hub_id(name) for name in ("bert-base-uncased", "google/bert_uncased", "/data/bert", "a/b/c", "", "a b")]
    [True, True, False, False, False, False]
    """
    part = r"\w([\w.-]{0,94}\w)?"
    return re.fullmatch(f"{part}(/{part})?", name, re.ASCII) is not None and not re.search(r"--|\.\.|\.git$", name)


def usual_rates(name: str, **large: float) -> dict[str, float]:
    """Batch size and learning rates to fine-tune an encoder with; a small one, such as MiniLM, tolerates larger ones.

    Args:
        name: of the encoder.
        large: what a method's authors use, with an encoder that is not small, instead of the usual values.
    """
    if (hidden_size(name) or SMALL + 1) <= SMALL:
        return {"train_batch_size": 16, "lr": 5e-5, "new_lr_factor": 10.0}
    return {"train_batch_size": 8, "lr": 2e-5, "new_lr_factor": 10.0, **large}


def short_name(name: str) -> str:
    """A name that fits into a file name: the last part of a folder or hub id."""
    return Path(name.rstrip("/")).name


def in_cache(hub_id: str) -> bool:
    """Whether the hub's local cache holds this id's configuration."""
    return not os.path.isdir(hub_id) and local_folder(hub_id) is not None


DOWNLOAD = (
    'where there is a network, run `python -c "from huggingface_hub import snapshot_download as s; '
    "s('{0}', local_dir='DIR')\"`, then give DIR instead"
)


def check_encoder(name: str, what: str = "text backbone", files: Sequence[str] = ("config.json",)) -> None:
    """Checks, before anything is read, that there can be an encoder of this name.

    Args:
        name: as in :func:`resolve`.
        what: what to call it in an error.
        files: the encoder's folder has one of them.

    Raises:
        UserError: there is no such folder, and no hub to ask; names the encoders that are here.
    """
    source = resolve(name)
    folder = local_folder(source)
    if folder is not None and any((folder / each).is_file() for each in files):
        return
    if folder is not None:
        raise UserError(
            f"{what} {name[:100]!r} cannot be loaded: the folder has no config.json; check that it holds config.json, "
            "the weights and the tokenizer's files"
        )
    here = installed_encoders()
    offer = f"; here are: {', '.join(here)}" if here else ""
    if not is_hub_id(source):
        raise UserError(f"{what} {name[:100]!r}: no such folder, and no name of the hub's{offer}")
    if not hub_reachable():
        raise UserError(
            f"{what} {name[:100]!r}: no folder of that name, and the hub cannot be reached{offer}; "
            + DOWNLOAD.format(source)
        )


def installed_encoders() -> list[str]:
    """The encoders that need no network: the one that comes in a package, and those in the hub's cache."""
    from huggingface_hub import constants

    cached = Path(constants.HF_HUB_CACHE).glob("models--*")
    names = [
        path.name[len("models--") :].replace("--", "/") for path in sorted(cached) if any(path.glob("snapshots/*"))
    ]
    try:
        demo_encoder()
    except UserError:
        return names
    return [DEMO, *names]


def hub_reachable(seconds: float = 3.0) -> bool:
    """Whether the hub answers at all; the hub's library would retry for a minute before giving up."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return True  # the proxy knows
    place = urlsplit(constants.ENDPOINT)
    try:
        port = place.port or (80 if place.scheme == "http" else 443)
        socket.create_connection((place.hostname or "", port), timeout=seconds).close()
    except (OSError, ValueError):
        return False
    return True
