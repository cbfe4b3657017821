"""From a model's words to descriptions: the list found among prose and code fences, and validated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

LONGEST_ANSWER = 20_000  # characters
LONGEST = 400  # characters of a description
JOINERS = "\u200c\u200d"  # parts of words in some scripts, though not printable
_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*[-*•–][ \t]+", re.MULTILINE)
_NEXT_LINE = re.compile(r"\n(?![ \t]+\S)")  # an indented line goes on with the one above


class Refused(Exception):
    """An answer that cannot be used; says why in our own words.

    Attributes:
        requests: how many were made for it.
    """

    def __init__(self, reason: str, requests: int = 1) -> None:
        super().__init__(reason)
        self.requests = requests


def read_answer(text: str, label: str, count: int, label_names: bool = True) -> list[str]:
    """The descriptions in an answer.

    Args:
        text: what the model wrote.
        label: what it should describe.
        count: how many descriptions there should be.
        label_names: whether a description may contain its label.

    Returns:
        ``count`` distinct sentences, each on one line.

    Raises:
        Refused: the answer holds no such list.
    """
    if len(text) > LONGEST_ANSWER:
        raise Refused(f"it is longer than {LONGEST_ANSWER} characters")
    return check_descriptions([tidy(item) for item in find_list(text)], label, count, label_names)


def check_descriptions(items: Any, label: str, count: int, label_names: bool = True) -> list[str]:
    """Descriptions, validated: see :func:`read_answer`.

    Raises:
        Refused: there are too few or too many, or one is empty, too long, unprintable or there twice.
    """

    def sentence(text: str) -> str:
        if not any(character.isalpha() for character in text):
            raise ValueError("one of them is empty")
        if not text.translate(dict.fromkeys(map(ord, JOINERS))).isprintable():
            raise ValueError("one of them holds control characters")
        if not label_names and re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, re.IGNORECASE):
            raise ValueError("one of them holds the label's name")
        return text

    def distinct(texts: list[str]) -> list[str]:
        if len({text.casefold().rstrip(".!") for text in texts}) < len(texts):
            raise ValueError("two of them are the same")
        return texts

    item = Annotated[str, Field(strict=True, max_length=LONGEST), AfterValidator(sentence)]
    wanted: TypeAdapter[list[str]] = TypeAdapter(Annotated[list[item], AfterValidator(distinct)])  # type: ignore[valid-type]
    if len(items) != count:
        raise Refused(f"it has {len(items)} descriptions, not {count}")
    try:
        return wanted.validate_python(items)
    except ValidationError as error:
        # never the input: a server may have put anything there
        words = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise Refused(words.removeprefix("Value error, ")) from None


def find_list(text: str) -> list[str]:
    """The items of the first list in a text: JSON, numbered or bulleted, in a code fence or not; else its lines.

    >>> find_list('Sure! Here you are:\\n```json\\n["One.", "Two."]\\n```')
    ['One.', 'Two.']
    >>> find_list("Complain: 1. One. 2. Two.")
    ['One.', 'Two.']
    """
    text = _THOUGHTS.sub("", text.replace("\r\n", "\n"))
    for piece in [*_FENCE.findall(text), text]:
        for find in (json_list, numbered_list, bulleted_list):
            if items := find(piece):
                return items
    return [line for line in text.splitlines() if line.strip()]


def json_list(text: str) -> list[str]:
    """The first JSON list of texts, on its own or as a value of an object."""
    for start in list(re.finditer(r"[\[{]", text))[:50]:
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        values = [value, *value.values(), list(value.values())] if isinstance(value, dict) else [value]
        for each in values:
            if isinstance(each, list) and each and all(isinstance(item, str) for item in each):
                return each
    return []


def numbered_list(text: str) -> list[str]:
    """The items after ``1.``, ``2.`` and so on (or ``1)``), one a line or all on one."""
    return [item.strip() for item in between(text, marks(text))]


def marks(text: str) -> Iterator[re.Match[str]]:
    """Where the numbers 1, 2, 3 and so on stand in this order: at a line's start where there is a 1 there."""
    place = r"^[ \t]*" if re.search(r"^[ \t]*\**1[.)]\s", text, re.MULTILINE) else r"(?:^|(?<=\s))"
    number, end = 1, 0
    while match := re.compile(rf"{place}\**{number}[.)]\**\s+", re.MULTILINE).search(text, end):
        yield match
        number, end = number + 1, match.end()


def bulleted_list(text: str) -> list[str]:
    """The items after ``-``, ``*`` or a bullet, one a line."""
    return list(between(text, _BULLET.finditer(text)))


def between(text: str, found: Iterator[re.Match[str]]) -> Iterator[str]:
    """What stands from each mark to the next, or to the end of its lines."""
    places = [match.span() for match in found]
    ends = [start for start, _ in places[1:]] + [len(text)]
    for (_, start), end in zip(places, ends):
        yield _NEXT_LINE.split(text[start:end].strip("\n"))[0]


def tidy(text: str) -> str:
    """One line without emphasis and without quotation marks around it.

    >>> tidy(' **"Says  sorry."** ')
    'Says sorry.'
    """
    text = " ".join(text.replace("**", "").split()).rstrip(",")
    for left, right in ('""', "“”", "''", "«»"):
        if len(text) > 1 and text.startswith(left) and text.endswith(right):
            text = text[1:-1].strip()
    return text
