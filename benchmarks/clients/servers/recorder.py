"""Stands between a client and the gateway: passes everything on, and keeps the bodies as they came."""

from __future__ import annotations

from contextlib import suppress

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from benchmarks.clients.servers.records import Body, read_body
from benchmarks.clients.servers.sockets import Site

_OWN_HEADERS = ("Host", "Content-Length", "Transfer-Encoding", "Connection")


class Recorder(Site):
    """`target` is the origin that requests go on to."""

    target: str
    bodies: list[Body]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = read_body(request.path, raw) if request.method == "POST" else None
        if body is not None:
            self.bodies.append(body)
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                self.target + request.path_qs,
                data=raw,
                headers=_passed_on(request.headers, "Content-Encoding"),
            ) as answer,
        ):
            passed = web.StreamResponse(status=answer.status, headers=_passed_on(answer.headers))
            await passed.prepare(request)
            # A client may leave as soon as it has the last event.
            with suppress(aiohttp.ClientConnectionResetError):
                async for chunk in answer.content.iter_any():
                    await passed.write(chunk)
                await passed.write_eof()
            return passed


def _passed_on(headers: CIMultiDictProxy[str], *without: str) -> CIMultiDict[str]:
    """Those that belong to the message. A request's body is read decompressed, an answer's is not."""
    kept = CIMultiDict(headers)
    for name in (*_OWN_HEADERS, *without):
        kept.popall(name, None)
    return kept
