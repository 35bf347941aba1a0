"""One answer to the client out of those of several rounds, as JSON or as a stream."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import orjson

from gateway.dialects.base import ApiDialect
from gateway.draining import Drain
from gateway.errors import UpstreamFailed
from gateway.read_back.joiner import JoinedStream
from gateway.read_back.rounds import RecordedRounds
from gateway.recording import Recording
from gateway.requests.bodies.body import json_object
from gateway.requests.client import Client
from gateway.requests.off_loop import off_loop
from gateway.response import (
    followed,
    is_packed,
    is_stream,
    pass_until_closed,
    record_stream,
    record_whole,
    unpack_whole,
    unpacked,
    with_stats,
)
from gateway.upstream.connections import Answer, WholeAnswer
from gateway.upstream.headers import answer_headers
from token_optimizer.models import OptimizationStats
from token_optimizer.optimizer.reading_back.answers import calls_of, merged, without_calls


async def pass_joined_whole(
    client: Client,
    recording: Recording,
    dialect: ApiDialect,
    answer: Answer,
    stats: OptimizationStats | None,
    rounds: RecordedRounds,
) -> None:
    """Pass on a JSON answer, once the model has read what it wanted. Where a later round fails, the
    provider's own error is the answer."""
    whole = await _read(answer)
    payload = await _noted(whole, recording, dialect)
    joined = payload
    while payload is not None and (body := await rounds.next_body(payload)) is not None:
        recording.note_sent()
        async with rounds.ask(body) as later:
            whole = await _read(later)
        payload = await _noted(whole, recording, dialect)
        joined = None if payload is None or joined is None else merged(joined, payload, dialect.name)
    await record_whole(recording, whole)
    content = whole.body
    if joined is not None and payload is not None:
        if joined is not payload or calls_of(joined, dialect.name):
            joined = without_calls(joined, dialect.name)
            content = orjson.dumps(joined)
        content = content if stats is None else with_stats(content, joined, stats)
    headers = answer_headers(whole.headers, decoded=is_packed(whole)) + recording.headers
    await client.answer(whole.status, headers, content)


async def _read(answer: Answer) -> WholeAnswer:
    """An answer read to its end, its body unpacked."""
    whole = await WholeAnswer.read(answer)
    body = await unpack_whole(whole.body, packed=is_packed(whole))
    return WholeAnswer(whole.status, whole.headers, body)


async def _noted(whole: WholeAnswer, recording: Recording, dialect: ApiDialect) -> dict[str, Any] | None:
    """A successful answer's object, its usage noted; None for any other."""
    recording.note_answered()
    payload = await off_loop(len(whole.body), json_object, whole.body)
    if payload is not None:
        recording.note_usage(dialect.usage_of(payload))
        recording.note_provider_edits(dialect.edits_of(payload))
        recording.note_answer(payload)
    return payload if whole.status < 300 else None


async def pass_joined_stream(
    client: Client,
    recording: Recording,
    dialect: ApiDialect,
    answer: Answer,
    rounds: RecordedRounds,
    drain: Drain,
    *,
    strip_usage: bool,
) -> None:
    """Pass on a stream, and behind it those of later rounds. Where one breaks our connection breaks too."""
    joiner = JoinedStream(dialect, strip_usage=strip_usage)
    await client.start(answer.status, answer_headers(answer.headers, decoded=True) + recording.headers)
    async with AsyncExitStack() as opened:
        while True:
            pieces = unpacked(answer)
            async with followed(client, recording, dialect, answer, joiner, drain):
                last = await pass_until_closed(client, pieces, joiner)
            if not joiner.finished or joiner.failed or not joiner.has_calls:
                break
            body = await rounds.next_body(joiner.answer())
            if body is None:
                last += joiner.closing()
                break
            await client.send(last)
            recording.note_answered()
            joiner.go_on()
            recording.note_sent()
            answer = await opened.enter_async_context(rounds.ask(body))
            if answer.status >= 300 or not is_stream(answer):
                await _break_off(client, recording, answer, joiner)
                return
        if recording.notes_answers:
            recording.note_answer(joiner.answer())
        await record_stream(recording, answer, joiner)
        if last:
            await client.send(last)
        async for chunk in pieces:
            if passed := joiner.feed(chunk):
                await client.send(passed)
        if joiner.finished or (answer.framed and not joiner.has_calls):
            await client.send(joiner.rest(), last=True)


async def _break_off(client: Client, recording: Recording, answer: Answer, joiner: JoinedStream) -> None:
    """Tell the client with what the provider refused a later round. Its stream has no end."""
    whole = await _read(answer)
    payload = json_object(whole.body)
    if whole.status < 300 or payload is None:
        raise UpstreamFailed(f"the provider answered {whole.status} without a stream, as the answer went on")
    reason = f"the provider answered {whole.status} as the answer went on"
    await recording.end("error", whole.status, reason)
    await client.send(joiner.error(payload))
