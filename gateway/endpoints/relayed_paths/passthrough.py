"""What a provider does under /v1 that is no completion: relayed untouched, not optimized.

Models, token counts, embeddings, files, batches. The echo provider answers the first two itself; what a
provider was asked leaves a trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import unquote

import orjson

from gateway.callers.auth import Caller
from gateway.callers.routing import ProviderRoute, Target
from gateway.dialects.base import MessageList
from gateway.dialects.relayed_usage import RelayedUsage
from gateway.echo.answer import model_list
from gateway.endpoints.base import JSON_TYPE, JsonAnswer, dialect_of
from gateway.endpoints.relayed_paths.relayed import is_relayed
from gateway.errors import NotFound
from gateway.masking.prompts import masked_bytes
from gateway.recording import Recording
from gateway.requests.bodies.body import checked, json_object, parsed_object, with_model
from gateway.requests.bodies.edits import with_model_named
from gateway.requests.client import Client
from gateway.requests.off_loop import off_loop
from gateway.requests.paths import right_path
from gateway.requests.prompt import is_off
from gateway.response import is_packed, record_whole, unpack_whole
from gateway.state import Gateway
from gateway.upstream.connections import Answer, read_whole
from gateway.upstream.headers import answer_headers, request_headers
from gateway.upstream.links import ProviderLinks, has_links
from optimizer_app.models import Provider
from token_optimizer.tokens.counts import count_body

_MASKED_PATHS = frozenset(
    {"messages/count_tokens", "responses/input_tokens", "embeddings", "moderations", "rerank"}
)


async def models(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`GET /v1/models`: the provider's list; in Anthropic's shape for Anthropic's clients."""
    kind = provider_kind_of(client)
    provider = caller.provider_for(kind)
    if provider.is_echo:
        await client.answer(200, [JSON_TYPE], model_list(anthropic=kind == Provider.Kind.ANTHROPIC))
    else:
        await _relay(gateway, client, caller, recording, provider)


async def count_tokens(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`POST /v1/messages/count_tokens`: the provider's count of the prompt as it came."""
    provider = caller.provider_for("anthropic")
    if not provider.is_echo:
        await _relay(gateway, client, caller, recording, provider)
        return
    tokens = await asyncio.to_thread(_counted, await gateway.read_body(client))
    await client.answer(200, [JSON_TYPE], orjson.dumps({"input_tokens": tokens}))


def _counted(raw: bytes) -> int:
    """The tokens of a prompt of Anthropic's dialect."""
    body, _ = parsed_object(raw)
    checked(MessageList, body)
    return count_body(body, "anthropic", str(body.get("model", "")))


async def passthrough(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """Another path under /v1, where the key may send it."""
    recording.note_relayed(client.method, _path(client))
    caller.check_relayed(client.method, _path(client))
    provider = caller.provider_for(provider_kind_of(client))
    if provider.is_echo:
        raise _unknown(client)
    await _relay(gateway, client, caller, recording, provider)


def provider_kind_of(client: Client) -> str:
    """The kind of provider that the client means."""
    return Provider.Kind.ANTHROPIC if dialect_of(client) == "anthropic" else Provider.Kind.OPENAI


def _path(client: Client) -> str:
    return unquote(client.target.partition("?")[0])


def check_path(client: Client) -> None:
    """Refuse what is not relayed, and paths that would climb out of the provider's base URL."""
    path = _path(client)
    if any(segment in ("..", ".") for segment in path.split("/")) or not is_relayed(client.method, path):
        raise _unknown(client)


def _unknown(client: Client) -> NotFound:
    right = right_path(client.path)
    meant = f"; did you mean {right}?" if right and right != client.path else ""
    return NotFound(f"there is no {client.method} {client.path[:100]} here{meant}")


async def unknown_path(_gateway: Gateway, client: Client, _params: Mapping[str, str]) -> JsonAnswer:
    """A path that only looks like one of ours."""
    raise _unknown(client)


async def _relay(
    gateway: Gateway, client: Client, caller: Caller, recording: Recording, provider: ProviderRoute
) -> None:
    """Relay a request and its answer, byte for byte but for URLs of the provider."""
    recording.note_relayed(client.method, _path(client))
    recording.note_target(Target(provider))
    received = await client.read_body(gateway.max_request_bytes)
    body = await off_loop(len(received), with_model, received, client.deployment)
    if (
        (caller.is_held_to_models or caller.routes)
        and client.method == "POST"
        and not _names_no_model(client)
    ):
        model = await off_loop(len(body), _model_of, body)
        caller.check_model(model)
        target = _target(caller, provider, model)
        recording.note_target(target)
        provider = target.provider
        if target.model and client.content_encoding == "":
            body = await off_loop(len(body), with_model_named, body, target.model)
    if _is_masked(client):
        body = await _masked(client, caller, recording, body)
    linked = has_links(client.path)
    headers = request_headers(client.header_list, caller.secret, provider, plain=linked)
    links = ProviderLinks(provider, client)
    recording.note_sent()
    async with (
        client.watched(),
        gateway.upstream.send(provider, client.method, client.target, headers, body) as answer,
    ):
        recording.note_first_byte()
        if linked and answer.header("content-type").startswith("application/json"):
            await _pass_with_links(client, recording, answer, links)
        else:
            await _pass(client, recording, answer, links)


def _is_masked(client: Client) -> bool:
    """Whether its body is a prompt or a text, and its answer holds none of it."""
    is_known = client.path.removeprefix("/v1/") in _MASKED_PATHS
    return is_known and client.method == "POST" and not is_off(client.headers)


async def _masked(client: Client, caller: Caller, recording: Recording, body: bytes) -> bytes:
    config = caller.config_named(client.headers.get("x-optimizer-config")).config
    return await off_loop(len(body), masked_bytes, body, config, caller, recording)


def _target(caller: Caller, provider: ProviderRoute, model: str) -> Target:
    """The first provider of the model's route that takes what this one does, else this one. No other follows:
    what is only relayed may do something twice."""
    plan = caller.plan_for(model, provider.kind, lambda: str(caller.api_key_id))
    return next((one for one in plan.targets if one.provider.kind == provider.kind), Target(provider))


def _names_no_model(client: Client) -> bool:
    """Whether it is an upload, which uses no model."""
    return client.path.removeprefix("/v1/").partition("/")[0] in ("files", "uploads")


def _model_of(received: bytes) -> str:
    """The model that a body names; empty where that cannot be read, as in a form or a list of requests."""
    return str((json_object(received) or {}).get("model", ""))


async def _pass(client: Client, recording: Recording, answer: Answer, links: ProviderLinks) -> None:
    length = answer.header("content-length")
    kept = [("content-length", length)] if length else []
    headers = answer_headers(answer.headers, decoded=False) + links.mended_headers(answer.headers)
    await client.start(answer.status, headers + kept)
    billed = RelayedUsage(dialect_of(client), packed=is_packed(answer))
    async for chunk in answer.chunks():
        billed.feed(chunk)
        await client.send(chunk)
    recording.note_answered()
    # What is only looked up was billed before.
    if client.method == "POST":
        recording.note_usage(billed.usage())
    await record_whole(recording, answer)
    if answer.framed:
        await client.send(b"", last=True)


async def _pass_with_links(
    client: Client, recording: Recording, answer: Answer, links: ProviderLinks
) -> None:
    packed = is_packed(answer)
    body = await unpack_whole(await read_whole(answer), packed=packed)
    recording.note_answered()
    await record_whole(recording, answer)
    headers = answer_headers(answer.headers, decoded=packed) + links.mended_headers(answer.headers)
    await client.answer(answer.status, headers, await off_loop(len(body), links.mended, body))
