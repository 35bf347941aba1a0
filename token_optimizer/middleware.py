"""Drop-in clients: the official SDKs' own `create`, with the prompt made smaller on its way.

    optimizer = TokenOptimizer(target_model="gpt-4o", max_input_tokens=8000)
    response = optimizer.chat.completions.create(messages=[...])     # OpenAI; a ChatCompletion
    response = optimizer.messages.create(messages=[...], max_tokens=1000)     # Anthropic; a Message
    response.optimizer_stats["tokens_saved"]

Keys and base URLs of the providers are the SDKs' own matter (OPENAI_API_KEY, ANTHROPIC_BASE_URL, ...);
`api_key` names the caller to the analytics server and goes nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import uuid_utils.compat

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.masking.bodies import masked_body
from token_optimizer.masking.masker import placeholder_key
from token_optimizer.masking.placeholders import Originals
from token_optimizer.models import Dialect, OptimizationResult, OptimizationStats
from token_optimizer.optimizer.budget import check_budget
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import STRICT_VARIABLE, optimize_body
from token_optimizer.optimizer.reading_back.rounds import Rounds
from token_optimizer.ports import Memory, Ports
from token_optimizer.providers.arguments import body_of
from token_optimizer.providers.base import import_sdk
from token_optimizer.sdk_masking import restored_answer
from token_optimizer.sdk_rounds import (
    joined_stream,
    joined_stream_async,
    whole_answer,
    whole_answer_async,
)
from token_optimizer.telemetry.collector import LocalCollector
from token_optimizer.telemetry.emitter import TelemetryEmitter
from token_optimizer.telemetry.events import (
    Event,
    EventType,
    create_event,
    events_of,
    request_summary,
)
from token_optimizer.tokens.counts import count_body

if TYPE_CHECKING:
    from token_optimizer.storage.store_retriever import StoreRetriever

log = logging.getLogger(__name__)

OWN_ARGUMENTS = frozenset({"documents", "query", "budget_tokens"})
SYNC_FLUSH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Call:
    """One `create` on its way: what the SDK gets, and what is known about it."""

    kwargs: dict[str, Any]
    stats: dict[str, Any]
    summary: dict[str, Any]
    result: OptimizationResult
    rounds: Rounds | None = None
    originals: Originals | None = None

    def refresh_stats(self) -> None:
        """Take into the stats what was read back since."""
        self.stats.update(self.result.stats.as_dict())


class _Client:
    """What the sync and the async client share: config, telemetry, and the way of a request to the SDK."""

    def __init__(
        self,
        config: OptimizerConfig | None = None,
        *,
        openai_client: Any = None,
        anthropic_client: Any = None,
        **fields: Any,
    ) -> None:
        """A config, its fields, or a config with some fields replaced. SDK clients may be brought along."""
        self.config = _config_from(config, fields)
        self.metrics = LocalCollector()
        self._clients = {"openai": openai_client, "anthropic": anthropic_client}
        self._emitter = _emitter_for(self.config)
        self._memory = _memory_for(self.config)
        self._retriever = _retriever_for(self.config)

    def flush(self, timeout: float = SYNC_FLUSH_SECONDS) -> bool:
        """Send the events that wait; False where they did not all go within the time."""
        return self._emitter is None or self._emitter.flush(timeout)

    def close(self) -> None:
        """Send the events that wait, end telemetry, and let go of the store. The SDKs' clients stay open."""
        if self._retriever is not None:
            self._retriever.close()
        if self._emitter is not None:
            self._emitter.shutdown()

    def sdk_client(self, dialect: Dialect, class_name: str) -> Any:
        """The SDK's client for a dialect, made when it is first needed."""
        if self._clients[dialect] is None:
            self._clients[dialect] = getattr(import_sdk(dialect), class_name)()
        return self._clients[dialect]

    def prepare(self, dialect: Dialect, kwargs: Mapping[str, Any]) -> Call:
        """Optimize the prompt of a call and announce what was done."""
        own = {name: kwargs.get(name) for name in OWN_ARGUMENTS}
        # Refused here, as the optimizer fails open: a budget that nobody keeps would go unnoticed.
        check_budget(own["budget_tokens"])
        sdk_kwargs = {name: value for name, value in kwargs.items() if name not in OWN_ARGUMENTS}
        sdk_kwargs.setdefault("model", self.config.target_model)
        body = body_of(sdk_kwargs)
        masker = self.config.masker(placeholder_key(self.config.api_key))
        if masker is not None:
            body, own = masked_body(body, masker), masked_body(own, masker)
        trace_id = str(uuid_utils.compat.uuid7())
        summary = request_summary(dialect, str(body["model"]), len(body.get("messages") or ()))
        self._announce([self._event(EventType.OPTIMIZATION_STARTED, trace_id, summary)])
        result, failure = self._optimized(body, dialect, trace_id, own)
        failed = [self._event(EventType.OPTIMIZATION_FAILED, trace_id, summary, error={"type": failure})]
        key, caching = self.config.api_key, self.config.enable_caching
        done = events_of(result.stats, summary, api_key=key, caching=caching)
        self._announce(failed + done if failure else done)
        beside = {name: value for name, value in sdk_kwargs.items() if name not in body}
        sent = {**beside, **result.body}
        rounds = Rounds(result, body, sent, dialect, self._memory) if result.reads_back else None
        originals = masker.originals() if masker is not None and masker.found else None
        return Call(sent, result.stats.as_dict(), summary, result, rounds, originals)

    def _optimized(
        self, body: dict[str, Any], dialect: Dialect, trace_id: str, own: dict[str, Any]
    ) -> tuple[OptimizationResult, str]:
        """The result, and the name of the error where the prompt is sent as it came."""
        try:
            result = optimize_body(
                body,
                dialect,
                config=self.config,
                ports=Ports(
                    memory=self._memory,
                    retriever=self._retriever,
                    trace_id=trace_id,
                    answers_read_back=True,
                ),
                **own,
            )
            return result, ""
        except Exception as error:
            if os.environ.get(STRICT_VARIABLE):
                raise
            # The request matters more than its optimization. The type alone: messages can quote prompts.
            name = type(error).__name__
            log.warning("a prompt is sent as it came: the optimizer failed with %s", name)
            return _as_it_came(body, dialect, trace_id, name), name

    def report_provider_error(self, call: Call, error: Any) -> None:
        """Announce an error of the provider: its class and status, never its message."""
        told = {"type": type(error).__name__, "status": getattr(error, "status_code", None)}
        trace_id = call.stats["trace_id"]
        self._announce([self._event(EventType.PROVIDER_ERROR, trace_id, call.summary, error=told)])

    def _event(self, event_type: EventType, trace_id: str, summary: dict[str, Any], **details: Any) -> Event:
        return create_event(event_type, trace_id, self.config.api_key, request=summary, **details)

    def _announce(self, events: Iterable[Event]) -> None:
        for event in events:
            self.metrics.record(event)
            if self._emitter is not None:
                self._emitter.emit(event)
        if not self.config.emit_async:
            self.flush()


class TokenOptimizer(_Client):
    """OpenAI's and Anthropic's sync clients, through the optimizer."""

    @cached_property
    def chat(self) -> Chat:
        return Chat(Completions(self))

    @cached_property
    def messages(self) -> Messages:
        return Messages(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class AsyncTokenOptimizer(_Client):
    """OpenAI's and Anthropic's async clients, through the optimizer."""

    @cached_property
    def chat(self) -> AsyncChat:
        return AsyncChat(AsyncCompletions(self))

    @cached_property
    def messages(self) -> AsyncMessages:
        return AsyncMessages(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.to_thread(self.close)


@dataclass(frozen=True, slots=True)
class Completions:
    """OpenAI's `chat.completions`."""

    _client: _Client

    def create(self, **kwargs: Any) -> Any:
        """The SDK's `create`, and `documents`, `query`, `budget_tokens`; the answer has `optimizer_stats`."""
        resource = self._client.sdk_client("openai", "OpenAI").chat.completions
        return _create(self._client, "openai", resource, kwargs)


@dataclass(frozen=True, slots=True)
class Messages:
    """Anthropic's `messages`."""

    _client: _Client

    def create(self, **kwargs: Any) -> Any:
        """The SDK's `create`, and `documents`, `query`, `budget_tokens`; the answer has `optimizer_stats`."""
        resource = self._client.sdk_client("anthropic", "Anthropic").messages
        return _create(self._client, "anthropic", resource, kwargs)


@dataclass(frozen=True, slots=True)
class AsyncCompletions:
    """OpenAI's async `chat.completions`."""

    _client: _Client

    async def create(self, **kwargs: Any) -> Any:
        """As `Completions.create`; the optimizer works in a thread, so that the loop goes on."""
        resource = self._client.sdk_client("openai", "AsyncOpenAI").chat.completions
        return await _create_async(self._client, "openai", resource, kwargs)


@dataclass(frozen=True, slots=True)
class AsyncMessages:
    """Anthropic's async `messages`."""

    _client: _Client

    async def create(self, **kwargs: Any) -> Any:
        """As `Messages.create`; the optimizer works in a thread, so that the loop goes on."""
        resource = self._client.sdk_client("anthropic", "AsyncAnthropic").messages
        return await _create_async(self._client, "anthropic", resource, kwargs)


@dataclass(frozen=True, slots=True)
class Chat:
    """OpenAI's `chat`."""

    completions: Completions


@dataclass(frozen=True, slots=True)
class AsyncChat:
    """OpenAI's async `chat`."""

    completions: AsyncCompletions


def _create(client: _Client, dialect: Dialect, resource: Any, kwargs: dict[str, Any]) -> Any:
    call = client.prepare(dialect, kwargs)
    try:
        answer = resource.create(**call.kwargs)
        if call.rounds is not None:
            if call.kwargs.get("stream"):
                answer = joined_stream(resource, answer, call.rounds, dialect, call.refresh_stats)
            else:
                answer = whole_answer(resource, answer, call.rounds, dialect)
        if call.originals is not None:
            answer = restored_answer(answer, dialect, call.originals, stream=bool(call.kwargs.get("stream")))
    except import_sdk(dialect).APIError as error:
        client.report_provider_error(call, error)
        raise
    call.refresh_stats()
    answer.optimizer_stats = call.stats
    return answer


async def _create_async(client: _Client, dialect: Dialect, resource: Any, kwargs: dict[str, Any]) -> Any:
    call = await asyncio.to_thread(client.prepare, dialect, kwargs)
    try:
        answer = await resource.create(**call.kwargs)
        if call.rounds is not None:
            if call.kwargs.get("stream"):
                answer = joined_stream_async(resource, answer, call.rounds, dialect, call.refresh_stats)
            else:
                answer = await whole_answer_async(resource, answer, call.rounds, dialect)
        if call.originals is not None:
            answer = restored_answer(answer, dialect, call.originals, stream=bool(call.kwargs.get("stream")))
    except import_sdk(dialect).APIError as error:
        await asyncio.to_thread(client.report_provider_error, call, error)
        raise
    call.refresh_stats()
    answer.optimizer_stats = call.stats
    return answer


def _config_from(config: OptimizerConfig | None, fields: dict[str, Any]) -> OptimizerConfig:
    if config is None:
        config = OptimizerConfig.from_fields(fields)
    elif fields:
        OptimizerConfig.from_fields(fields)  # names an unknown field
        config = replace(config, **fields)
    config.validate()
    return config


def _memory_for(config: OptimizerConfig) -> Memory:
    """In this process, or with `enable_caching` in Redis; apart for every `api_key` in both."""
    if not config.enable_caching:
        return InProcessMemory()
    from token_optimizer.optimizer.cache import CacheManager, CacheMemory

    return CacheMemory(CacheManager(config.redis_url or ""), config.api_key)


def _retriever_for(config: OptimizerConfig) -> StoreRetriever | None:
    """Over the PostgreSQL of `enable_semantic_retrieval`; it finds what was stored under the `api_key`."""
    if not config.enable_semantic_retrieval:
        return None
    try:
        from token_optimizer.storage.store_retriever import StoreRetriever
    except ImportError as error:
        raise ConfigError(
            "enable_semantic_retrieval needs more packages: pip install 'token-optimizer[semantic,storage]'"
        ) from error
    within = config.max_latency_ms / 2000
    return StoreRetriever(config.postgres_url or "", config.embedding_model, config.api_key, within)


def _emitter_for(config: OptimizerConfig) -> TelemetryEmitter | None:
    """None without an `analytics_url`: then events are only counted, in `metrics`."""
    if not config.analytics_url:
        return None
    return TelemetryEmitter(
        config.analytics_url, config.api_key, config.emit_batch_size, config.emit_interval_seconds
    )


def _as_it_came(body: dict[str, Any], dialect: Dialect, trace_id: str, error_name: str) -> OptimizationResult:
    tokens = 0
    with suppress(Exception):  # what broke the optimizer may break the counter as well
        tokens = count_body(body, dialect, str(body["model"]))
    stats = OptimizationStats(
        trace_id, tokens, tokens, "bypass", fallback_used=True, fallback_reason=error_name
    )
    return OptimizationResult(body, stats, changed=False)
