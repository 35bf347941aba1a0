"""`POST /v1/optimize`: what would be sent, and the fate of every block. Nothing is forwarded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import PlainValidator

from gateway.callers.auth import Caller
from gateway.callers.configs import NamedConfig
from gateway.capturing import keep_prompt
from gateway.dialects.base import MessageList
from gateway.endpoints.base import JSON_TYPE
from gateway.errors import BadRequest
from gateway.masking.prompts import masked_request
from gateway.recording import Recording
from gateway.requests.bodies.body import Name, checked, parsed_object
from gateway.requests.client import Client
from gateway.requests.off_loop import off_loop
from gateway.requests.prompt import PromptRequest, budget_in_header, checked_budget, tag_in_header
from gateway.requests.sides import version_for
from gateway.state import Gateway
from optimizer_app.optimize.service import Optimized
from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import conversation_key, detect_dialect
from token_optimizer.errors import ConfigError
from token_optimizer.masking.masker import Masker
from token_optimizer.models import Dialect

_PROMPT_FIELDS = ("model", "system", "tools")
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


class OptimizeBody(MessageList):
    model: Name | None = None
    system: Any = None
    tools: list[dict] | None = None
    documents: list[dict] | None = None
    query: str | None = None
    budget_tokens: Annotated[int | None, PlainValidator(partial(checked_budget, name="budget_tokens"))] = None
    config: Any = None


Fields = TypeVar("Fields", bound=OptimizeBody)


async def optimize(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """Serve one request."""
    fields, given = await read_prompt(OptimizeBody, gateway, client, caller, recording)
    request, masker = await masked_request(given, caller, recording)
    result = await optimized(gateway, caller, recording, request)
    keep_prompt(gateway.capture_queue, recording, request, result)
    await recording.end("ok", 200)
    answer = await off_loop(len(request.raw), _answer, request, result, fields, masker)
    await client.answer(200, [JSON_TYPE, *recording.headers], answer)


async def read_prompt(
    kind: type[Fields], gateway: Gateway, client: Client, caller: Caller, recording: Recording
) -> tuple[Fields, PromptRequest]:
    """The fields of the body, and the prompt in it."""
    raw = await gateway.read_body(client)
    received, fields = await off_loop(len(raw), _checked_body, kind, raw)
    dialect = _dialect(fields, recording.dialect)
    body = {**received, conversation_key(dialect): received["messages"]}
    named = named_config(fields.config, client.headers, caller, dialect, body)
    request = PromptRequest(
        dialect,
        raw,
        _prompt_body(received, named.config, dialect),
        named,
        fields.budget_tokens or budget_in_header(client.headers),
        tag_in_header(client.headers),
        documents=fields.documents,
        query=fields.query,
    )
    recording.note_request(request)
    return fields, request


def _checked_body(kind: type[Fields], raw: bytes) -> tuple[dict[str, Any], Fields]:
    received, writable = parsed_object(raw)
    if not writable:
        raise BadRequest("the request body holds a lone surrogate or a number out of range")
    return received, checked(kind, received)


async def optimized(
    gateway: Gateway, caller: Caller, recording: Recording, request: PromptRequest
) -> Optimized:
    """The prompt made smaller, and noted in the trace."""
    asked = dataclasses.replace(
        request.for_optimizer(recording.trace_id), facts=caller.facts_of(request.model)
    )
    result = await gateway.optimize(asked, caller.project_id)
    recording.note_stats(result.stats)
    return result


def _prompt_body(received: Mapping[str, Any], config: OptimizerConfig, dialect: Dialect) -> dict[str, Any]:
    """The prompt as a request of its dialect would have it."""
    body = {name: received[name] for name in _PROMPT_FIELDS if received.get(name) is not None}
    return {"model": config.target_model, **body, conversation_key(dialect): received["messages"]}


def named_config(
    asked: object, headers: Mapping[str, str], caller: Caller, dialect: Dialect, body: Mapping[str, Any]
) -> NamedConfig:
    """The config that a request asks for: by its name, or by fields that differ from the key's own."""
    name = asked if isinstance(asked, str) else headers.get("x-optimizer-config")
    named = version_for(caller.config_named(name), caller.api_key_id, dialect, body)
    if asked is None or isinstance(asked, str):
        return named
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


def _dialect(fields: OptimizeBody, asked: Dialect) -> Dialect:
    """Whose shape the prompt has; where it could be anybody's, that of the client."""
    if fields.system is not None:
        return "anthropic"
    found = detect_dialect(fields.messages, fields.tools)
    return asked if found == "openai" else found


def _answer(request: PromptRequest, result: Optimized, fields: OptimizeBody, masker: Masker | None) -> bytes:
    body, stats = result.body, result.stats
    answer = {"messages": body[conversation_key(request.dialect)], "tools": body.get("tools")}
    if fields.system is not None:
        answer["system"] = body.get("system")
    answer["optimizer_stats"] = stats.as_dict()
    answer["blocks"] = [block.as_dict() for block in stats.blocks]
    if masker is not None:
        # For whoever sends the prompt, to put back into its answer.
        answer["placeholders"] = masker.mapping()
    return orjson.dumps(answer)
