"""Every label's descriptions, several at once, within a budget of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

from .answers import Refused, read_answer
from .prompt import Prompt
from .server import Reply

Ask = Callable[[str, int], Awaitable[Reply]]
Keep = Callable[[str, "list[str]", str], None]


async def describe_label(ask: Ask, prompt: Prompt, label: str, attempts: int) -> tuple[list[str], str]:
    """One label's descriptions, and the name of the model that wrote them.

    Args:
        ask: sends a question, with the most requests to make for it.
        prompt: the question.
        label: the label.
        attempts: the most requests to make, those repeated after errors and those for another answer together.

    Raises:
        Refused: no answer could be used; says what was wrong with the last one.
        UserError: the server does not answer.
    """
    reason = ""
    while True:
        try:
            reply = await ask(prompt.fill(label, reason), attempts)
        except Refused as error:
            attempts, refused = attempts - error.requests, error
        else:
            attempts -= reply.requests
            try:
                return read_answer(reply.text, label, prompt.count, prompt.label_names), reply.model
            except Refused as error:
                refused = error
        if attempts < 1:
            raise refused
        reason = str(refused)


async def describe_labels(
    ask: Ask, prompt: Prompt, labels: Iterable[str], attempts: int, concurrency: int, keep: Keep
) -> dict[str, str]:
    """Describes labels, so many at once, and hands on each as soon as it is done.

    Args:
        ask, prompt, attempts: of :func:`describe_label`.
        labels: those to describe.
        concurrency: the most labels at once.
        keep: called with a label, its descriptions and the model's name.

    Returns:
        label -> what was wrong with the last answer, for those without a usable one.

    Raises:
        UserError: the server does not answer; what is under way is given up.
    """
    queue: Iterator[str] = iter(labels)
    failed: dict[str, str] = {}

    async def work() -> None:
        for label in queue:
            try:
                descriptions, model = await describe_label(ask, prompt, label, attempts)
            except Refused as error:
                failed[label] = str(error)
            else:
                keep(label, descriptions, model)

    workers = [asyncio.ensure_future(work()) for _ in range(concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return failed
