"""What `wrap` returns: an SDK's client, of its own class and with all it can do, whose prompts are optimized.

    client = wrap(OpenAI())          # or Anthropic, sync or async, Azure's, Bedrock's and Vertex's
    client.chat.completions.create(model="gpt-4o", messages=[...]).optimizer_stats

Both SDKs send everything through one method, `request`, before they sign it or look for its address. That is
where a prompt becomes smaller, so that `create`, `stream`, `parse`, raw answers and `with_options` need
nothing of their own. What has no prompt passes through.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

from token_optimizer.clients.arguments import OWN_ARGUMENTS, OWN_FIELD
from token_optimizer.clients.calls import SDKS, Call, Optimizing
from token_optimizer.clients.provider_errors import reported, reported_async
from token_optimizer.clients.restoring import restored_answer
from token_optimizer.clients.rounds import (
    joined_stream,
    joined_stream_async,
    whole_answer,
    whole_answer_async,
)
from token_optimizer.errors import ConfigError
from token_optimizer.models import Dialect
from token_optimizer.providers.base import import_sdk

Client = TypeVar("Client")
_DIALECTS: Mapping[tuple[str, str], Dialect] = {
    ("openai", "/chat/completions"): "openai",
    ("openai", "/responses"): "responses",
    ("anthropic", "/v1/messages"): "anthropic",
}
# Set by the SDKs on calls of `with_raw_response` and `with_streaming_response`.
_RAW_HEADER = "x-stainless-raw-response"


def wrapped(client: Client, optimizing: Optimizing) -> Client:
    """The client with what an `Optimizing` does for it, which several may share. ConfigError for what is no
    client of the two SDKs."""
    given: Any = client
    if not _sdk_of(type(given)):
        raise ConfigError(f"{type(given).__name__} is no client of the openai or anthropic SDK")
    made = given.copy()
    sdk_class: Any = type(given)
    made.__class__ = _optimized_class(sdk_class)
    made.optimizing = optimizing
    wrapped_client: Client = made
    return wrapped_client


def _sdk_of(sdk_class: type) -> str:
    """Whose client it is; empty for none."""
    roots = {base.__module__.partition(".")[0] for base in sdk_class.__mro__ if hasattr(base, "request")}
    return next((name for name in ("openai", "anthropic") if name in roots), "")


@cache
def _optimized_class(sdk_class: type) -> type:
    """The SDK's class with `request` and `copy` of ours. Over that class alone: an object of it could not
    become one of a class with further bases."""
    is_async = inspect.iscoroutinefunction(sdk_class.request)  # type: ignore[attr-defined]
    members = {
        "sdk_class": sdk_class,
        "sdk": _sdk_of(sdk_class),
        "request": _request_async if is_async else _request,
        "copy": _copy,
        "with_options": _copy,
    }
    return type(f"Optimized{sdk_class.__name__}", (sdk_class,), members)


def _copy(self: Any, **options: Any) -> Any:
    """The SDK's `copy`, optimized as this one is."""
    made = self.sdk_class.copy(self, **options)
    made.optimizing = self.optimizing
    return made


def _request(self: Any, cast_to: Any, options: Any, **more: Any) -> Any:
    """The SDK's `request`, of a smaller prompt."""
    dialect = _dialect_of(self.sdk, options)
    if dialect is None:
        return self.sdk_class.request(self, cast_to, options, **more)
    call = _prepared(self.optimizing, dialect, options)
    error_class = import_sdk(SDKS[dialect]).APIError
    report = partial(self.optimizing.report_provider_error, call)
    request = partial(self.sdk_class.request, self, cast_to)
    sending = _Sending(lambda sent: reported(partial(request, sent, **more), error_class, report), options)
    answer = sending.create(**call.body)
    if call.rounds is not None and call.body.get("stream"):
        answer = joined_stream(sending, answer, call.rounds, dialect, call.refresh_stats)
    elif call.rounds is not None:
        answer = whole_answer(sending, answer, call.rounds, dialect)
    return _with_stats(answer, dialect, call)


async def _request_async(self: Any, cast_to: Any, options: Any, **more: Any) -> Any:
    """As `_request`; the optimizer works in a thread, so that the loop goes on."""
    dialect = _dialect_of(self.sdk, options)
    if dialect is None:
        return await self.sdk_class.request(self, cast_to, options, **more)
    call = await asyncio.to_thread(_prepared, self.optimizing, dialect, options)
    error_class = import_sdk(SDKS[dialect]).APIError
    report = partial(self.optimizing.report_provider_error, call)
    request = partial(self.sdk_class.request, self, cast_to)
    sending = _Sending(
        lambda sent: reported_async(partial(request, sent, **more), error_class, report), options
    )
    answer = await sending.create(**call.body)
    if call.rounds is not None and call.body.get("stream"):
        answer = joined_stream_async(sending, answer, call.rounds, dialect, call.refresh_stats)
    elif call.rounds is not None:
        answer = await whole_answer_async(sending, answer, call.rounds, dialect)
    return _with_stats(answer, dialect, call)


@dataclass(frozen=True, slots=True)
class _Sending:
    """Sends bodies as one call of the SDK was to be sent."""

    ask: Callable[[Any], Any]
    options: Any

    def create(self, timeout: Any = None, **body: Any) -> Any:
        """The SDK's answer to the body; `timeout` in seconds, where it is less than that of the call."""
        sent = self.options.model_copy(update={"json_data": body, "extra_json": _others(self.options)})
        if timeout is not None:
            sent.timeout = timeout
        return self.ask(sent)


def _dialect_of(sdk: str, options: Any) -> Dialect | None:
    """The dialect of a call that has a prompt; None for all others."""
    if options.method.lower() != "post" or not isinstance(options.json_data, dict):
        return None
    return _DIALECTS.get((sdk, options.url.partition("?")[0]))


def _prepared(optimizing: Optimizing, dialect: Dialect, options: Any) -> Call:
    is_raw = _is_raw(options)
    call = optimizing.prepare(dialect, options.json_data, _own(options), answers_read_back=not is_raw)
    if is_raw and call.originals is not None:
        raise ConfigError("a raw answer cannot have masked texts put back: use create() or mask nothing")
    return call


def _is_raw(options: Any) -> bool:
    headers = options.headers if isinstance(options.headers, Mapping) else {}
    return any(name.lower() == _RAW_HEADER and value for name, value in headers.items())


def _own(options: Any) -> Mapping[str, Any]:
    """What `extra_body` says to us. ConfigError for what nobody takes."""
    own = (options.extra_json or {}).get(OWN_FIELD) or {}
    if unknown := sorted(set(own) - set(OWN_ARGUMENTS)):
        raise ConfigError(
            f"extra_body has {OWN_FIELD}.{unknown[0]}, which is none of {', '.join(OWN_ARGUMENTS)}"
        )
    return own


def _others(options: Any) -> dict[str, Any] | None:
    """`extra_body` without what is ours; None where nothing is left."""
    return {name: value for name, value in (options.extra_json or {}).items() if name != OWN_FIELD} or None


def _with_stats(answer: Any, dialect: Dialect, call: Call) -> Any:
    if call.originals is not None:
        answer = restored_answer(answer, dialect, call.originals, stream=bool(call.body.get("stream")))
    call.refresh_stats()
    answer.optimizer_stats = call.stats
    return answer
