"""The whole story of one request for a completion, top to bottom.

The body is read and checked, the prompt made smaller, the provider asked and its answer passed on; before its
last byte goes out, the trace is one line in the journal. `X-Optimizer-Mode: off` takes the same way, with
both bodies byte for byte as they came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from django.conf import settings

from gateway.attempts.one import attempt
from gateway.attempts.outgoing import Outgoing
from gateway.attempts.prepared import refused_of
from gateway.attempts.replay import Replay
from gateway.attempts.several import answered
from gateway.callers.auth import Caller
from gateway.capturing import Capture, capturing
from gateway.dialects.base import ApiDialect
from gateway.dialects.chat import CHAT
from gateway.dialects.messages import MESSAGES
from gateway.dialects.responses import RESPONSES
from gateway.draining import Drain
from gateway.endpoints.from_template import prompt_request
from gateway.errors import GatewayError
from gateway.masking.prompts import masked_completion
from gateway.provider_cache.hints import cache_hints
from gateway.read_back.passing import pass_joined_stream, pass_joined_whole
from gateway.read_back.rounds import Reading, RecordedRounds
from gateway.recording import Recording
from gateway.requests.additions import Addition, body_with, usage_request
from gateway.requests.bodies.body import parsed_object, with_model
from gateway.requests.bodies.unread import unread_body
from gateway.requests.client import Client
from gateway.requests.off_loop import off_loop
from gateway.requests.prompt import PromptRequest, budget_in_header, is_off, tag_in_header
from gateway.requests.sides import conversation_of_key, place_in_holdout, version_for
from gateway.requests.template import HEADER, reference_in
from gateway.response import is_stream, pass_stream, pass_whole
from gateway.state import Gateway
from gateway.upstream.connections import Answer, WholeAnswer
from optimizer_app.optimize.service import Optimized, untouched
from optimizer_app.precompression.requests import PrecompressionRequest
from token_optimizer.models import OptimizationStats, WhyNot

# Statuses with which servers refuse a field that they do not know.
_REFUSALS = frozenset({400, 422})
# By then the request has been sent, and providers take longer to answer.
_REMEMBERED_AFTER_SECONDS = 0.005


async def chat_completions(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`POST /v1/chat/completions`."""
    await _received(CHAT, gateway, client, caller, recording)


async def messages(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`POST /v1/messages`."""
    await _received(MESSAGES, gateway, client, caller, recording)


async def responses(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`POST /v1/responses`."""
    await _received(RESPONSES, gateway, client, caller, recording)


async def _received(
    dialect: ApiDialect, gateway: Gateway, client: Client, caller: Caller, recording: Recording
) -> None:
    """Serve one request with the prompt of its body, or of the template that a header names."""
    if named := client.headers.get(HEADER):
        prompt = await gateway.prompts.find(caller.project_id, reference_in(named))
        request = await prompt_request(dialect, gateway, client, caller, recording, prompt)
    else:
        request = await _read_request(dialect, gateway, client, caller)
    await complete(dialect, gateway, client, caller, recording, request, client.target)


async def complete(
    dialect: ApiDialect,
    gateway: Gateway,
    client: Client,
    caller: Caller,
    recording: Recording,
    request: PromptRequest,
    path: str,
) -> None:
    """Serve one request. GatewayError for what is to be answered with an error of ours."""
    recording.note_request(request)
    model = request.model
    caller.check_model(model)
    request = await masked_completion(request, client, caller, recording)

    def conversation() -> str:
        return conversation_of_key(caller.api_key_id, request.dialect, request.body)

    plan = caller.plan_for(model, dialect.provider_kind, conversation)
    recording.note_target(plan.first)
    if plan.renames(model) and not request.unpacked:
        request = replace(request, raw=await gateway.unpacked(client, request.raw), unpacked=True)
    original = Outgoing(dialect, plan, request, request.raw, path)
    with capturing(gateway.capture_queue, client, recording, request) as capture:
        async with client.watched():
            if request.off:
                await _relay_untouched(gateway, client, caller, recording, original)
            else:
                await _relay_optimized(gateway, client, caller, recording, original, capture)


async def _read_request(
    dialect: ApiDialect, gateway: Gateway, client: Client, caller: Caller
) -> PromptRequest:
    """The request; BadRequest, naming what was wrong, where it cannot be one."""
    received = await client.read_body(gateway.max_request_bytes)
    named = caller.config_named(client.headers.get("x-optimizer-config"))
    budget_tokens, tag = budget_in_header(client.headers), tag_in_header(client.headers)
    if is_off(client.headers):
        raw = await off_loop(len(received), with_model, received, client.deployment)
        body = await _body_to_count(gateway, client, raw)
        is_plain = not client.content_encoding
        return PromptRequest(dialect.name, raw, body, named, budget_tokens, tag, off=True, unpacked=is_plain)
    unpacked = await gateway.unpacked(client, received)
    raw, body, writable = await off_loop(len(unpacked), _checked_body, dialect, unpacked, client.deployment)
    named = version_for(named, caller.api_key_id, dialect.name, body)
    placed = place_in_holdout(named, caller.hash_secret, caller.api_key_id, dialect.name, body)
    return PromptRequest(
        dialect.name, raw, body, named, budget_tokens, tag, unwritable=not writable, placed=placed
    )


def _checked_body(
    dialect: ApiDialect, unpacked: bytes, deployment: str
) -> tuple[bytes, dict[str, Any], bool]:
    """The bytes with the model that the path names, what they read, and whether that may be written again."""
    raw = with_model(unpacked, deployment)
    body, writable = parsed_object(raw)
    dialect.check(body)
    return raw, body, writable


async def _body_to_count(gateway: Gateway, client: Client, raw: bytes) -> Mapping[str, Any]:
    """The body of an `off` request; empty where it is no JSON object, of which the provider is the judge."""
    try:
        unpacked = await gateway.unpacked(client, raw)
        return await off_loop(len(unpacked), unread_body, unpacked)
    except GatewayError:
        return {}


async def _relay_untouched(
    gateway: Gateway, client: Client, caller: Caller, recording: Recording, original: Outgoing
) -> None:
    """Serve a request as it came. What it holds is counted by the provider."""

    def counted() -> Optimized:
        return untouched(original.request.for_optimizer(recording.trace_id), WhyNot.BYPASSED)

    recording.note_uncounted(counted, WhyNot.BYPASSED)
    await _reserve(client, counted, original.request.max_answer_tokens)
    await relay(gateway, client, caller, recording, original)


async def _reserve(client: Client, count: Callable[[], Optimized], max_answer_tokens: int | None) -> None:
    """Reserve the tokens of a prompt, where there was no room for as many as it was expected to have."""
    if client.admission.counts_tokens and not client.admission.settle():
        counted = await asyncio.to_thread(count)
        await client.admission.reserve(counted.stats.tokens_after, max_answer_tokens)


async def _relay_optimized(
    gateway: Gateway,
    client: Client,
    caller: Caller,
    recording: Recording,
    original: Outgoing,
    capture: Capture | None,
) -> None:
    """Serve a request with its prompt made smaller, and leave what its next turn will want compressed."""
    result = await _optimized(gateway, caller, recording, original)
    recording.note_optimized(result)
    # As a rule while the provider works on its answer. One that comes sooner is passed on first.
    asyncio.get_running_loop().call_later(_REMEMBERED_AFTER_SECONDS, result.remember_sent)
    outgoing = await _with_result(gateway, caller, original, result)
    if capture is not None:
        capture.note_optimized(outgoing.body, result.texts)
    try:
        await _replay_or_relay(gateway, client, caller, recording, outgoing, result.stats)
    finally:
        gateway.precompression_queue.put(_left_for_next_turn(caller, original.request, result))


async def _replay_or_relay(
    gateway: Gateway,
    client: Client,
    caller: Caller,
    recording: Recording,
    outgoing: Outgoing,
    stats: OptimizationStats,
) -> None:
    """Pass on the answer that is kept for this very request, or ask the provider and keep what it answers."""
    replay = Replay.of(gateway.answers, client, caller, outgoing)
    if replay is not None and (kept := await replay.find()) is not None:
        recording.note_answered_from_cache()
        recording.complete_stats()
        told = replace(stats, route="cache", cache_hit=True)
        await _pass_on(gateway, client, caller, recording, replace(outgoing, stats=told), kept)
        return
    await client.admission.reserve(stats.tokens_after, outgoing.request.max_answer_tokens)
    if replay is None:
        await relay(gateway, client, caller, recording, outgoing)
    else:
        await relay(gateway, client, caller, recording, replace(outgoing, copied=replay.copied))
        await replay.keep(recording)


async def _optimized(gateway: Gateway, caller: Caller, recording: Recording, original: Outgoing) -> Optimized:
    """The prompt made smaller, or as it was where that fails."""
    request = original.request.for_optimizer(recording.trace_id, caller)
    if original.request.unwritable:
        failure = "the body cannot be written again as it was"
        return await asyncio.to_thread(untouched, request, WhyNot.UNWRITABLE, failure)
    if original.request.is_held_out:
        return await asyncio.to_thread(untouched, request, WhyNot.HELD_OUT)
    recording.note_asked(original.request, caller.hash_secret)
    return await gateway.optimize(request, caller.project_id)


def _left_for_next_turn(caller: Caller, request: PromptRequest, result: Optimized) -> PrecompressionRequest:
    config = request.named.config
    return PrecompressionRequest(
        caller.project_id,
        result.texts_to_precompress,
        config.compression_ratio,
        config.faithfulness_threshold,
        result.lookups,
    )


async def _with_result(gateway: Gateway, caller: Caller, original: Outgoing, result: Optimized) -> Outgoing:
    """The optimizer's result to send, with what is added to it."""
    request = original.request
    additions = await _additions(gateway, caller, original, result)
    return replace(
        original,
        body=body_with(additions, request, result),
        additions=additions,
        result=result,
        stats=result.stats,
        reading=_reading(gateway, caller, request, result),
    )


async def _additions(
    gateway: Gateway, caller: Caller, original: Outgoing, result: Optimized
) -> Sequence[Addition]:
    """What is added for the providers that take it."""
    request, plan = original.request, original.plan
    additions: list[Addition] = []
    speaks = any(target.provider.kind == original.dialect.provider_kind for target in plan.targets)
    if speaks and not request.is_held_out:
        additions += await cache_hints(gateway.recurrences, caller, request, result)
    if _may_ask_for_usage(original):
        additions.append(usage_request(request))
    if plan.is_routed:
        # Each provider of the route gets its own.
        return additions
    refused = refused_of(additions, gateway, original.dialect, plan.first)
    return [addition for addition in additions if addition.name not in refused]


def _reading(gateway: Gateway, caller: Caller, request: PromptRequest, result: Optimized) -> Reading | None:
    """Reads what was left out of the prompt, where the model has the tool to ask for it."""
    if not result.reads_back:
        return None
    conversations = gateway.pool.conversations
    # The next turn may come as soon as this one is answered, and to another process.
    memory = None if conversations is None else conversations.of(caller.hash_secret, at_once=True)
    return Reading(result, request.body, request.dialect, memory, settings.READ_BACK_SECONDS)


def _may_ask_for_usage(original: Outgoing) -> bool:
    """Whether a stream's usage can be asked for, and the client is not against it."""
    request = original.request
    if not request.stream or request.unwritable or not original.dialect.must_be_asked_for_usage:
        return False
    # Options that are no object are not ours to mend: the provider says what is wrong with them.
    options = request.body.get("stream_options", {})
    return isinstance(options, dict) and options.get("include_usage") is None


async def relay(
    gateway: Gateway, client: Client, caller: Caller, recording: Recording, outgoing: Outgoing
) -> None:
    """Ask the provider, and pass its answer on. One that refuses what was added is asked without."""
    recording.note_sent()
    async with answered(gateway, client, caller, recording, outgoing) as (sent, answer):
        recording.note_first_byte()
        recording.note_breakpoints(sent.breakpoints)
        if not sent.additions or answer.status not in _REFUSALS:
            await _pass_on(gateway, client, caller, recording, sent, answer)
            return
        refusal = await WholeAnswer.read(answer)
    refused = {added.name for added in sent.additions if added.name.encode() in refusal.body}
    if refused:
        gateway.note_refused(sent.provider.base_url, refused)
        await relay(gateway, client, caller, recording, outgoing.to(sent.target))
    else:
        await _pass_on(gateway, client, caller, recording, sent, refusal)


async def _pass_on(
    gateway: Gateway,
    client: Client,
    caller: Caller,
    recording: Recording,
    outgoing: Outgoing,
    answer: Answer,
) -> None:
    dialect, strip_usage = outgoing.dialect, outgoing.asks_for_usage
    answer = answer if outgoing.copied is None else outgoing.copied(answer)
    drain = Drain(gateway.drains, caller.drain_seconds, caller.drain_tokens)
    if outgoing.reading is None or answer.status >= 300:
        if is_stream(answer):
            tap = dialect.tap(strip_usage=strip_usage)
            await pass_stream(client, recording, dialect, answer, tap, drain)
        else:
            await pass_whole(client, recording, dialect, answer, outgoing.stats)
        return

    def ask(body: bytes) -> AbstractAsyncContextManager[Answer]:
        return attempt(gateway, client, caller, replace(outgoing, body=body))

    rounds = RecordedRounds(outgoing.reading, outgoing.body, ask, recording)
    if is_stream(answer):
        await pass_joined_stream(client, recording, dialect, answer, rounds, drain, strip_usage=strip_usage)
    else:
        await pass_joined_whole(client, recording, dialect, answer, outgoing.stats, rounds)
