"""Connections to providers: opened where there is none, and kept for a while for the next request."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

import aiohappyeyeballs

from gateway.upstream.wire import Connection
from optimizer_app.outgoing import check_outgoing_address

KEPT_SECONDS = 15.0
# Where a name has addresses of both kinds, the second is tried so long after the first.
_NEXT_ADDRESS_SECONDS = 0.25
_PORTS = {"http": 80, "https": 443}

Address = tuple[Any, Any, int, str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where connections lead. `named` is how the header `host` names it."""

    is_encrypted: bool
    host: str
    port: int
    named: str


# Base URLs are few.
@lru_cache(maxsize=1_024)
def place_of(scheme: str, authority: str) -> Place:
    """The place of a URL; ValueError where it has none."""
    usual = _PORTS.get(scheme.lower())
    parts = urlsplit(f"//{authority}")
    host = (parts.hostname or "").encode("idna" if not authority.isascii() else "ascii").decode()
    if usual is None or not host:
        raise ValueError("no URL of a server")
    port = parts.port or usual
    shown = f"[{host}]" if ":" in host else host
    return Place(usual == _PORTS["https"], host, port, shown if port == usual else f"{shown}:{port}")


class Pool:
    """The connections of a worker. `guarded`: names are judged by the very address that is called.

    A check of the URL alone would let a name resolve to something else a moment later.
    """

    def __init__(self, *, guarded: bool) -> None:
        self._guarded = guarded
        # With the moment until which each is kept; the one that was used last is at the end.
        self._kept: defaultdict[Place, list[tuple[float, Connection]]] = defaultdict(list)
        self._sweeping: asyncio.TimerHandle | None = None

    async def take(self, place: Place, seconds: float) -> Connection:
        """A connection for one request; OSError where none can be opened, TimeoutError not in time, and
        UnsafeUrl where none may be."""
        kept, now = self._kept.get(place), time.monotonic()
        while kept:
            until, connection = kept.pop()
            if connection.is_open and now < until:
                return connection
            connection.end()
        async with asyncio.timeout(seconds):
            return await self._opened(place)

    def give_back(self, place: Place, connection: Connection) -> None:
        """Keep the connection for the next request, where it can carry one."""
        connection.free()
        if not connection.is_open:
            return
        self._kept[place].append((time.monotonic() + KEPT_SECONDS, connection))
        if self._sweeping is None:
            self._sweep_later()

    def close(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for kept in self._kept.values():
            for _, connection in kept:
                connection.end()
        self._kept.clear()

    def _sweep_later(self) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close what was not used for long."""
        now, self._sweeping = time.monotonic(), None
        for place, kept in tuple(self._kept.items()):
            for until, connection in kept:
                if until <= now:
                    connection.end()
            self._kept[place] = [each for each in kept if each[0] > now and each[1].is_open]
            if not self._kept[place]:
                del self._kept[place]
        if self._kept:
            self._sweep_later()

    async def _opened(self, place: Place) -> Connection:
        found = await aiohappyeyeballs.start_connection(
            await self._addresses(place), happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS
        )
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection,
                sock=found,
                ssl=_encryption() if place.is_encrypted else None,
                server_hostname=place.host if place.is_encrypted else None,
            )
        except BaseException:
            found.close()
            raise
        return connection

    async def _addresses(self, place: Place) -> list[Address]:
        """What the name stands for, each of which may be called."""
        found = await asyncio.get_running_loop().getaddrinfo(
            place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        for *_, address in found if self._guarded else ():
            check_outgoing_address(ipaddress.ip_address(str(address[0]).split("%")[0]), place.host)
        return found


@cache
def _encryption() -> ssl.SSLContext:
    """Reading the certificates takes some 20 ms."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
