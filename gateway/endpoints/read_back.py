"""`POST /v1/read_back`: what was left out of a prompt that `/v1/optimize` made smaller. Nothing is forwarded.

For those who send the optimized prompt themselves, and answer the model's calls of `read_back` themselves.
Nothing is stored for it: the same body is optimized again, with the same result.
"""

from __future__ import annotations

import asyncio

import orjson

from gateway.callers.auth import Caller
from gateway.endpoints.base import JSON_TYPE
from gateway.endpoints.optimize import OptimizeBody, optimized, read_prompt
from gateway.masking.prompts import masked_request
from gateway.recording import Recording
from gateway.requests.bodies.body import Name
from gateway.requests.client import Client
from gateway.state import Gateway
from token_optimizer.optimizer.reading_back.originals import reader_of


class ReadBackBody(OptimizeBody):
    """The body of `/v1/optimize`, and what to read: the handle of a marker, or words."""

    what: Name


async def read_back(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """Serve one request."""
    fields, given = await read_prompt(ReadBackBody, gateway, client, caller, recording)
    request, _ = await masked_request(given, caller, recording)
    result = await optimized(gateway, caller, recording, request)
    reader = reader_of(result, request.body, request.dialect)
    read = await asyncio.to_thread(reader.read, fields.what)
    await recording.end("ok", 200)
    answer = {name: getattr(read, name) for name in ("found", "text", "stage", "block", "tokens")}
    await client.answer(200, [JSON_TYPE, *recording.headers], orjson.dumps(answer))
