"""Any server that speaks OpenAI's protocol, which may be slow, broken or hostile, behind the ``openai`` client.

The client repeats requests after time-outs, broken connections, 429 and 5xx, and waits as long as the server asks or longer
each time. Added here: an answer's whole time and size are limited, redirects are not followed (the key would go along), and
what the server says reaches a message only where it does not hold the key.
"""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

import openai
from pydantic import BaseModel, Field, ValidationError

from ..errors import UserError
from .answers import Refused
from .secret import Key

# openai 3 came with httpx2 in place of httpx; what is used here is the same in both
httpx: Any = importlib.import_module(openai.DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0])
MOST_BYTES = 1 << 20  # of an answer; descriptions are a thousandth of that
LONGEST_WAIT = 120  # seconds between two requests; the client ends where a server asks for more


class Message(BaseModel):
    """What the model wrote."""

    content: Optional[str] = None  # noqa: UP045 (pydantic evaluates it, on Python 3.9 too)


class Choice(BaseModel):
    """One answer."""

    message: Message
    finish_reason: Optional[str] = None  # noqa: UP045


class Completion(BaseModel):
    """The part of a chat completion that is used."""

    choices: list[Choice] = Field(min_length=1)
    model: Optional[str] = None  # noqa: UP045


class Dishonest(openai.OpenAIError):
    """An answer that is not read on, and not asked for again."""


class Reply(NamedTuple):
    """A model's answer: its ``text``, the ``model`` that the server names, and the ``requests`` made for it."""

    text: str
    model: str
    requests: int


class Limited(httpx.AsyncByteStream):
    """A body that is read up to :data:`MOST_BYTES`."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    async def __aiter__(self) -> Any:
        size = 0
        async for part in self.stream:
            size += len(part)
            if size > MOST_BYTES:
                raise Dishonest(f"sends more than {MOST_BYTES >> 20} MiB")
            yield part

    async def aclose(self) -> None:
        await self.stream.aclose()


async def limit(response: Any) -> None:
    """A hook, called between the headers and the body of every answer."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Dishonest("sends compressed data, which was not asked for")
    response.stream = Limited(response.stream)


class Client(openai.DefaultAsyncHttpxClient):
    """A connection whose time-out covers a whole answer, however slowly it drips."""

    seconds: float = 60.0

    async def send(self, request: Any, **options: Any) -> Any:
        try:
            return await asyncio.wait_for(super().send(request, **options), self.seconds)
        except asyncio.TimeoutError as error:
            raise httpx.ReadTimeout("no whole answer in time", request=request) from error


@dataclass
class Server:
    """A server to ask.

    Attributes:
        base_url: of its API, such as ``https://api.openai.com/v1``.
        model: the name of the model there.
        key: the key.
        timeout: seconds until a request is given up.
    """

    base_url: str
    model: str
    key: Key
    timeout: float

    def __post_init__(self) -> None:
        self.host = check_url(self.base_url)
        client = Client(
            follow_redirects=False,
            event_hooks={"response": [limit]},
            headers={"Accept-Encoding": "identity"},
            timeout=self.timeout,
        )
        client.seconds = self.timeout
        self.client = openai.AsyncOpenAI(
            api_key=self.key.value, base_url=self.base_url, http_client=client, timeout=self.timeout
        )

    async def ask(self, question: str, attempts: int) -> Reply:
        """The model's answer to a question.

        Args:
            question: the prompt.
            attempts: the most requests to make.

        Raises:
            Refused: the server answered, but not with a model's answer.
            UserError: it did not answer, or it answered with an error.
        """
        chat = self.client.with_options(max_retries=attempts - 1).chat.completions.with_raw_response
        messages: Any = [{"role": "user", "content": question}]
        try:
            # the client's own limits leave nothing open but headers that drip; this one is for what nobody thought of
            raw = await asyncio.wait_for(
                chat.create(model=self.model, messages=messages), attempts * (self.timeout + LONGEST_WAIT)
            )
        except (openai.OpenAIError, asyncio.TimeoutError, httpx.HTTPError, OSError, ValueError) as error:
            raise UserError(f"{self.host} {self.words(error)}") from None
        return self.read(raw.http_response, raw.retries_taken + 1)

    def read(self, response: Any, requests: int) -> Reply:
        """The model's answer in a response; see :meth:`ask`."""
        try:
            completion = Completion.model_validate_json(response.content)
        except ValidationError:
            kind = self.key.quote(response.headers.get("content-type", "no content type"))
            raise Refused(f"it is no chat completion ({kind})", requests) from None
        choice = completion.choices[0]
        text = choice.message.content or ""
        if self.key.is_in(text):
            raise Refused("it holds the server's key", requests)
        if choice.finish_reason == "length":
            raise Refused("it was cut short by the server", requests)
        model = completion.model or ""
        plain = len(model) <= 100 and model.isprintable() and not self.key.is_in(model)
        return Reply(text, model if plain else "", requests)

    def words(self, error: BaseException) -> str:
        """What went wrong, with the remedy, and without the key."""
        if isinstance(error, openai.APIStatusError):
            return self.status_words(error)
        if isinstance(error, (openai.APITimeoutError, asyncio.TimeoutError)):
            return f"did not answer within {self.timeout:g} seconds; try again later, or give a longer --timeout"
        cause = error.__cause__ or error
        if isinstance(cause, Dishonest):
            return f"{cause}; check --base_url"
        return f"cannot be reached ({self.key.quote(str(cause) or type(cause).__name__)}); check --base_url"

    def status_words(self, error: openai.APIStatusError) -> str:
        """As :meth:`words`, for an answer with an error's status."""
        status, headers = error.status_code, error.response.headers
        if 300 <= status < 400:
            place = urlsplit(headers.get("location", "")).netloc.rpartition("@")[2] or "another address"
            return f"redirects to {self.key.quote(place)}, which does not get the key; check --base_url"
        said = error.body.get("message") if isinstance(error.body, dict) else None
        quoted = f" ({self.key.quote(said)})" if isinstance(said, str) and said.strip() else ""
        if status in (401, 403):
            remedy = "check the key and what it may be used for"
        elif status == 429 or status >= 500:
            wait = self.key.quote(headers.get("retry-after", ""))
            remedy = f"try again in {wait} seconds" if wait.isdecimal() else "try again later"
        else:
            remedy = "check --model and --base_url"
        return f"answered {status}{quoted}; {remedy}"


def check_url(url: str) -> str:
    """The host, and the port if it is given, of a base URL.

    Raises:
        UserError: it is no plain http address. A URL with a password or a query is not repeated: it may hold a key.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UserError("--base_url is no address; give one such as http://localhost:8000/v1") from error
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UserError("--base_url holds a password or a query; give the address alone, and the key by --api_key_env")
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        raise UserError("--base_url is no address; give one such as http://localhost:8000/v1")
    return parts.hostname if port is None else f"{parts.hostname}:{port}"
