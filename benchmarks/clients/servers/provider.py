"""The scripted provider: the dialects of OpenAI and Anthropic on a local socket, with a record of bodies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from benchmarks.clients.script import Reply, Script, reply_to
from benchmarks.clients.servers import dialects
from benchmarks.clients.servers.dialects import Event
from benchmarks.clients.servers.records import Body, read_body, tool_names
from benchmarks.clients.servers.sockets import Site

MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-5-codex", "claude-sonnet-5", "claude-haiku-4-5")


class Provider(Site):
    """Answers by its `script`; `bodies` are those of the session so far. Both are set anew for each run."""

    script: Script
    bodies: list[Body]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if request.path.endswith("/models") and request.method == "GET":
            return web.json_response(_models())
        if request.path.endswith("/count_tokens"):
            return web.json_response({"input_tokens": len(raw) // 4})
        body = read_body(request.path, raw)
        if body is None:
            return web.json_response({"error": {"message": f"no such path: {request.path}"}}, status=404)
        self.bodies.append(body)
        reply = reply_to(self.script, raw.decode(), tool_names(body))
        if body.content.get("stream"):
            return await _streamed(request, body, reply)
        return web.json_response(_json(body, reply))


def _json(body: Body, reply: Reply) -> dict[str, Any]:
    model = body.content.get("model", "")
    if body.path.endswith("/messages"):
        return dialects.anthropic_json(reply, model)
    if body.path.endswith("/responses"):
        return dialects.responses_json(reply, model)
    return dialects.chat_json(reply, model)


def _events(body: Body, reply: Reply) -> Iterable[Event]:
    model = body.content.get("model", "")
    if body.path.endswith("/messages"):
        return dialects.anthropic_events(reply, model)
    if body.path.endswith("/responses"):
        return dialects.responses_events(reply, model)
    with_usage = bool((body.content.get("stream_options") or {}).get("include_usage"))
    return dialects.chat_events(reply, model, with_usage)


async def _streamed(request: web.Request, body: Body, reply: Reply) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    for number, (name, data) in enumerate(_events(body, reply)):
        named = {"type": name, "sequence_number": number, **data} if name else data
        head = f"event: {name}\n" if name else ""
        await answer.write(f"{head}data: {json.dumps(named)}\n\n".encode())
    if body.path.endswith("/chat/completions"):
        await answer.write(b"data: [DONE]\n\n")
    await answer.write_eof()
    return answer


def _models() -> dict[str, Any]:
    found = [{"id": name, "object": "model", "created": dialects.CREATED, "owned_by": "x"} for name in MODELS]
    return {"object": "list", "data": found}
