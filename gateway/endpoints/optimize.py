"""`POST /v1/optimize`: what would be sent, and the fate of every block. Nothing is forwarded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from starlette.types import Receive, Scope, Send

from gateway.auth import Caller, NamedConfig
from gateway.call import Call, budget_in_header, check_messages, check_model, checked_budget, parsed_object
from gateway.client import Client
from gateway.endpoints.base import dialect_of
from gateway.endpoints.completions import recorded
from gateway.errors import BadRequest
from gateway.exchange import Exchange
from gateway.retrieval import with_documents
from optimizer_app.optimize.service import OptimizationRequest, optimize_request
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError, PromptError
from token_optimizer.models import Dialect

if TYPE_CHECKING:
    from gateway.app import Gateway

_PROMPT_FIELDS = ("model", "system", "messages", "tools")
# These say where this service connects to, so they are not a caller's to choose.
_CONFIG_FIELDS_OF_THE_SERVER = frozenset(
    {
        "api_key",
        "analytics_url",
        "redis_url",
        "postgres_url",
        "embedding_model",
        "emit_batch_size",
        "emit_interval_seconds",
        "emit_async",
        "capture_days",
    }
)
_ANTHROPIC_PARTS = frozenset({"tool_use", "tool_result"})


class OptimizeOnly:
    """The ASGI endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway: Gateway = scope["app"].state.gateway
        client = Client(scope, receive, send)
        exchange = Exchange(dialect_of(client), gateway.recorder)
        await recorded(client, exchange, optimize_only(gateway, client, exchange))


async def optimize_only(gateway: Gateway, client: Client, exchange: Exchange) -> None:
    """Serve one request."""
    caller = exchange.caller = await gateway.callers.authenticate(client.headers)
    raw = await client.read_body(gateway.max_request_bytes)
    received = _checked(raw)
    named = named_config(received.get("config"), client.headers, caller)
    body = {name: received[name] for name in _PROMPT_FIELDS if received.get(name) is not None}
    body.setdefault("model", named.config.target_model)
    exchange.dialect = prompt_dialect(received, exchange.dialect)
    budget_tokens = received.get("budget_tokens") or budget_in_header(client.headers)
    exchange.call = Call(raw, body, named, budget_tokens)
    request = await with_documents(_request(exchange, exchange.call, received), caller.project_id)
    try:
        exchange.result = await optimize_request(request, gateway.pool)
    except PromptError as error:
        raise BadRequest(str(error)) from error
    exchange.record("ok", 200)
    headers = [("content-type", "application/json"), *exchange.headers]
    await client.answer(200, headers, _answer(exchange, received))


def _checked(raw: bytes) -> dict[str, Any]:
    """The body's fields; BadRequest naming the one that cannot be used."""
    received, writable = parsed_object(raw)
    if not writable:
        raise BadRequest("the request body holds a lone surrogate or a number out of range")
    check_messages(received)
    if received.get("model") is not None:
        check_model(received["model"])
    checked_budget(received.get("budget_tokens"), "budget_tokens")
    _check_kind(received, "query", str, "a string")
    _check_objects(received, "tools")
    _check_objects(received, "documents")
    return received


def _check_kind(received: Mapping[str, Any], name: str, kind: type, called: str) -> None:
    value = received.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(f"{name} must be {called}", param=name)


def _check_objects(received: Mapping[str, Any], name: str) -> None:
    _check_kind(received, name, list, "a list")
    for position, item in enumerate(received.get(name) or []):
        if not isinstance(item, dict):
            raise BadRequest(f"{name}[{position}] must be an object", param=name)


def named_config(asked: object, headers: Mapping[str, str], caller: Caller) -> NamedConfig:
    """The config that a request asks for: by its name, or by fields that differ from the key's own."""
    named = caller.config_named(headers.get("x-optimizer-config"))
    if asked is None:
        return named
    if isinstance(asked, str):
        return caller.config_named(asked)
    if not isinstance(asked, dict):
        raise BadRequest("config must be the name of a config or an object of fields", param="config")
    fields = dict(asked)
    for name in sorted(_CONFIG_FIELDS_OF_THE_SERVER & set(fields)):
        raise BadRequest(f"config field {name!r} cannot be set in a request", param="config")
    try:
        return NamedConfig(named.name, named.version, _config_with(named.config, fields))
    except (ConfigError, TypeError) as error:
        raise BadRequest(str(error), param="config") from error


def _config_with(base: OptimizerConfig, fields: dict[str, Any]) -> OptimizerConfig:
    """`base`, or the preset that the fields name, with the fields replaced."""
    preset = fields.pop("preset", None)
    if preset is not None:
        if not isinstance(preset, str):
            raise ConfigError("preset must be a string")
        return OptimizerConfig.preset(preset, **fields)
    return OptimizerConfig.from_fields({**dataclasses.asdict(base), **fields})


def prompt_dialect(received: Mapping[str, Any], otherwise: Dialect) -> Dialect:
    """Whose shape the prompt has, by what only Anthropic's has."""
    tools = received.get("tools") or []
    if received.get("system") is not None or any("input_schema" in tool for tool in tools):
        return "anthropic"
    contents = [message.get("content") for message in received["messages"]]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    if any(isinstance(part, dict) and part.get("type") in _ANTHROPIC_PARTS for part in parts):
        return "anthropic"
    return otherwise


def _request(exchange: Exchange, call: Call, received: Mapping[str, Any]) -> OptimizationRequest:
    return OptimizationRequest(
        body=call.body,
        dialect=exchange.dialect,
        config=call.named.config,
        model=call.model,
        trace_id=exchange.trace_id,
        size_bytes=len(call.raw),
        budget_tokens=call.budget_tokens,
        documents=received.get("documents"),
        query=received.get("query"),
    )


def _answer(exchange: Exchange, received: Mapping[str, Any]) -> bytes:
    assert exchange.result is not None
    body, stats = exchange.result.body, exchange.result.stats
    answer = {"messages": body["messages"], "tools": body.get("tools")}
    if received.get("system") is not None:
        answer["system"] = body.get("system")
    answer["optimizer_stats"] = stats.as_dict()
    answer["blocks"] = [block.as_dict() for block in stats.blocks]
    return orjson.dumps(answer)
