"""Which split a clip is in: as the files or a column say, or drawn."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from pathlib import Path

from ...errors import UserError
from ...system.untrusted import is_regular
from .config import CONFIG, FolderConfig
from .tables import READERS

SPLITS = ("train", "dev", "test")
NAMES = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("dev", "valid", "val", "validation", "development"), "dev"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}
SHARES = {"train": 0.7, "dev": 0.1, "test": 0.2}
OF_TRAIN = {"train": 0.875, "dev": 0.125}  # where only dev is missing: the same shares of what is left without test


def split_of(word: str) -> str | None:
    """The split that a file's or a cell's word means.

    >>> split_of("Validation"), split_of("fold 1")
    ('dev', None)
    """
    return NAMES.get(word.strip().casefold())


def find_tables(folder: Path, config: FolderConfig) -> dict[str, Path]:
    """The folder's tables by split, or the one table of all clips under the name ``all``.

    Raises:
        UserError: there is none, or it is not clear which; the message says what was seen.
    """
    named = {split: folder / config.files[split] for split in SPLITS if split in config.files}
    for path in named.values():
        if not is_regular(path) or path.suffix.lower() not in READERS:
            raise UserError(
                f"{config.path}: {path.name} should be a table ({', '.join(READERS)}) in {folder}; correct it"
            )
    if named:
        return named
    try:
        tables = sorted(path for path in folder.iterdir() if path.suffix.lower() in READERS and is_regular(path))
    except OSError as error:
        raise UserError(f"{folder}: cannot be read ({error.strerror}); give a folder with tables") from None
    of_split: dict[str, Path] = {}
    for path in tables:
        split = split_of(path.stem)
        if split and of_split.setdefault(split, path) != path:
            raise UserError(f"{folder}: {of_split[split].name} and {path.name} are both {split}; remove one")
    if "train" in of_split:
        return {split: of_split[split] for split in SPLITS if split in of_split}
    if len(tables) == 1:
        return {"all": tables[0]}
    seen = f"has {', '.join(path.name for path in tables[:5])}" if tables else f"has no table ({', '.join(READERS)})"
    raise UserError(
        f'{folder}: {seen}; put in one table, or train, dev and test, or name them in {CONFIG}: [files] train = "..."'
    )


def draw(
    shares: dict[str, float], strata: Sequence[Sequence[Hashable]], groups: Sequence[Hashable], seed: int
) -> list[str]:
    """A split of clips where each label is in every split by its share, and no group is in two.

    The largest group first, and groups of one size in an order that the seed draws, each goes to the split that most
    lacks its labels. The order of the clips does not matter.

    >>> parts = draw({"train": 0.5, "test": 0.5}, [["a"], ["a"], ["b"], ["b"]], [1, 2, 3, 4], seed=0)
    >>> sorted(zip("aabb", parts))
    [('a', 'test'), ('a', 'train'), ('b', 'test'), ('b', 'train')]

    Args:
        shares: split -> its part of the clips, in all 1.
        strata: the labels of each clip.
        groups: of each clip; clips of one group stay together.
        seed: draws the order.

    Returns:
        The split of each clip.
    """
    labels: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for stratum, group in zip(strata, groups):
        labels[group].update(stratum or ["no label"])
    totals: Counter[Hashable] = sum(labels.values(), Counter())
    placed: dict[str, Counter[Hashable]] = {split: Counter() for split in shares}
    chosen: dict[Hashable, str] = {}

    def lacks(split: str, counts: Counter[Hashable]) -> float:
        there = placed[split]
        return sum(n * (1 - there[label] / (shares[split] * totals[label])) for label, n in counts.items())

    def order(group: Hashable) -> tuple[int, str]:
        return -sum(labels[group].values()), hashlib.sha256(f"{seed} {group}".encode()).hexdigest()

    for group in sorted(labels, key=order):
        counts = labels[group]
        chosen[group] = max(shares, key=lambda split: lacks(split, counts))
        placed[chosen[group]].update(counts)
    return [chosen[group] for group in groups]
