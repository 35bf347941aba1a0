"""The way to the providers: connections that are kept, addresses guarded, time limited, nothing replayed."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from gateway.callers.routing import ProviderRoute
from gateway.errors import ConnectTimeout, GatewayError, Unreachable, UpstreamFailed, UpstreamTimeout
from gateway.observing.context import with_trace
from gateway.requests.client import Headers
from gateway.upstream.addresses import check_host, joined_url
from gateway.upstream.health import FAILED_STATUSES, ProviderHealth
from gateway.upstream.pool import Place, Pool, place_of
from gateway.upstream.wire import Connection
from optimizer_app.outgoing import UnsafeUrl

_NONE_OF_ITS_OWN = (None, None, None)
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Sent twice they do what they do once.
_REPEATABLE = _WITHOUT_BODY | {"PUT", "DELETE"}
# No space, and nothing that ends a line.
_TARGET = re.compile(r"[!-~\x80-\xff]*")

CONNECT_TIMEOUT_SECONDS = 10.0
# An answer that is held whole: an image, or a batch of embeddings, is some MB.
MAX_ANSWER_BYTES = 64 * 1024**2


class Answer(Protocol):
    """A provider's answer, its body not read yet."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Headers: ...

    @property
    def framed(self) -> bool:
        """Whether the end of the body can be told from a connection that broke."""
        ...

    def header(self, name: str) -> str:
        """A header in lower case; empty where there is none."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as the bytes come."""
        ...


class ProviderAnswer:
    """An answer that comes in over the network."""

    def __init__(self, connection: Connection, idle_seconds: float) -> None:
        self.status = connection.status
        self.headers = connection.headers
        self.framed = connection.framed
        self._connection = connection
        self._idle_seconds = idle_seconds

    def header(self, name: str) -> str:
        return header_in(self.headers, name)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as the bytes come; UpstreamFailed or UpstreamTimeout where it breaks off."""
        try:
            while piece := await self._connection.read(self._idle_seconds):
                yield piece
        except OSError as error:
            raise broken_off(error, self._idle_seconds) from error


def header_in(headers: Headers, name: str) -> str:
    """The first header of a name in lower case; empty where there is none."""
    return next((value.strip().lower() for found, value in headers if found == name), "")


@dataclass(frozen=True)
class WholeAnswer:
    """An answer that was read to its end."""

    status: int
    headers: Headers
    body: bytes
    framed: bool = True

    @classmethod
    async def read(cls, answer: Answer) -> Self:
        return cls(answer.status, answer.headers, await read_whole(answer))

    def header(self, name: str) -> str:
        return header_in(self.headers, name)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.body


async def read_whole(answer: Answer) -> bytes:
    """All of the body; UpstreamFailed where it does not end in time to be held."""
    pieces, left = [], MAX_ANSWER_BYTES
    async for piece in answer.chunks():
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise too_long_an_answer()
    return b"".join(pieces)


def too_long_an_answer() -> UpstreamFailed:
    return UpstreamFailed(f"the provider's answer is longer than {MAX_ANSWER_BYTES // 1024**2} MB")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a provider may take until it takes a connection, until it answers, and between two pieces."""

    connect_seconds: float
    first_byte_seconds: float
    idle_seconds: float

    def of(self, provider: ProviderRoute) -> Timeouts:
        """Those of the provider; where it has none, these."""
        own = (
            provider.connect_timeout_seconds,
            provider.first_byte_timeout_seconds,
            provider.idle_timeout_seconds,
        )
        if own == _NONE_OF_ITS_OWN:
            return self
        connect, first_byte, idle = own
        return Timeouts(
            connect or self.connect_seconds,
            first_byte or self.first_byte_seconds,
            idle or self.idle_seconds,
        )


class Upstream:
    """The connections to all providers, for the life of a worker."""

    def __init__(self, timeout_seconds: float, health: ProviderHealth) -> None:
        self._health = health
        connect_seconds = min(timeout_seconds, CONNECT_TIMEOUT_SECONDS)
        self._timeouts = Timeouts(connect_seconds, timeout_seconds, timeout_seconds)
        self._trusted = Pool(guarded=False)
        self._guarded = Pool(guarded=True)

    def close(self) -> None:
        self._trusted.close()
        self._guarded.close()

    @asynccontextmanager
    async def send(
        self, provider: ProviderRoute, method: str, path: str, headers: Headers, body: bytes
    ) -> AsyncIterator[Answer]:
        """The provider's answer to one request, sent once. GatewayError where there is none."""
        if not provider.trusted:
            check_host(provider)
        pool = self._trusted if provider.trusted else self._guarded
        timeouts = self._timeouts.of(provider)
        began = time.perf_counter()
        try:
            request = _request(provider, method, path, with_trace(headers), body)
            connection = await _asked(pool, provider, request, timeouts)
        except GatewayError as error:
            self._health.note(provider, began, error.message)
            raise
        failed = connection.status in FAILED_STATUSES
        self._health.note(provider, began, f"it answered {connection.status}" if failed else "")
        try:
            yield ProviderAnswer(connection, timeouts.idle_seconds)
        finally:
            pool.give_back(request.place, connection)


@asynccontextmanager
async def opened_upstream(timeout_seconds: float, health: ProviderHealth) -> AsyncIterator[Upstream]:
    """The connections of a worker, for its life."""
    upstream = Upstream(timeout_seconds, health)
    try:
        yield upstream
    finally:
        upstream.close()


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent, and where to."""

    place: Place
    method: str
    head: bytes
    body: bytes


def _request(provider: ProviderRoute, method: str, path: str, headers: Headers, body: bytes) -> _Request:
    scheme, _, rest = joined_url(provider, path).partition("://")
    authority, _, target = rest.partition("/")
    try:
        place = place_of(scheme, authority)
    except ValueError:
        raise UpstreamFailed(f"the base URL of provider {provider.name!r} cannot be read") from None
    sent = [("host", place.named), *headers]
    if body or method not in _WITHOUT_BODY:
        sent.append(("content-length", str(len(body))))
    lines = "".join([f"{name}: {value}\r\n" for name, value in sent])
    if not _TARGET.fullmatch(target) or lines.count("\r") + lines.count("\n") != 2 * len(sent):
        raise UpstreamFailed(f"what is to be sent to provider {provider.name!r} is no HTTP")
    head = f"{method} /{target} HTTP/1.1\r\n{lines}\r\n"
    return _Request(place, method, head.encode("latin-1"), body)


async def _asked(pool: Pool, provider: ProviderRoute, request: _Request, timeouts: Timeouts) -> Connection:
    """A connection on which the provider begins to answer."""
    while True:
        connection = await _taken(pool, provider, request, timeouts.connect_seconds)
        try:
            await connection.ask(
                request.head,
                request.body,
                timeouts.first_byte_seconds,
                has_no_body=request.method == "HEAD",
            )
        except TimeoutError as error:
            connection.end()
            late = f"the provider did not answer within {timeouts.first_byte_seconds:g} s"
            raise UpstreamTimeout(late) from error
        except OSError as error:
            connection.end()
            # One that was kept may have ended meanwhile.
            if not connection.is_reused or request.method not in _REPEATABLE:
                raise Unreachable("the provider broke off the connection") from error
        except BaseException:
            connection.end()
            raise
        else:
            return connection


async def _taken(pool: Pool, provider: ProviderRoute, request: _Request, seconds: float) -> Connection:
    try:
        return await pool.take(request.place, seconds)
    except UnsafeUrl as error:
        raise UpstreamFailed(f"provider {provider.name!r} must not be called: {error}") from error
    except TimeoutError as error:
        raise ConnectTimeout(f"the provider took no connection within {seconds:g} s") from error
    except (OSError, UnicodeError) as error:
        raise Unreachable("the provider could not be reached") from error


def broken_off(error: OSError, idle_seconds: float) -> GatewayError:
    """Why an answer that began has no end: never an error's own text, which may hold parts of it."""
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"the provider said nothing more for {idle_seconds:g} s")
    return UpstreamFailed("the provider broke off the connection")
