"""What happens to one call of an SDK before it is sent: its prompt optimized, its events announced."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import uuid_utils.compat

from token_optimizer.clients.arguments import OWN_ARGUMENTS, SYNC_FLUSH_SECONDS
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
from token_optimizer.telemetry.collector import LocalCollector
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
    from token_optimizer.telemetry.emitter import TelemetryEmitter

log = logging.getLogger(__name__)

# Whose SDK speaks a dialect.
SDKS: Mapping[Dialect, str] = {"openai": "openai", "responses": "openai", "anthropic": "anthropic"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call on its way: the body to send, and what is known about it."""

    body: dict[str, Any]
    stats: dict[str, Any]
    summary: dict[str, Any]
    result: OptimizationResult
    rounds: Rounds | None = None
    originals: Originals | None = None

    def refresh_stats(self) -> None:
        """Take into the stats what was read back since."""
        self.stats.update(self.result.stats.as_dict())


class Optimizing:
    """Config, memory and telemetry of one client, and what they do for each of its calls."""

    def __init__(self, config: OptimizerConfig | None, fields: dict[str, Any]) -> None:
        """A config, its fields, or a config with some fields replaced."""
        self.config = _config_from(config, fields)
        self.metrics = LocalCollector()
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

    def prepare(
        self,
        dialect: Dialect,
        body: dict[str, Any],
        own: Mapping[str, Any] | None = None,
        *,
        answers_read_back: bool = True,
        with_texts: bool = False,
    ) -> Call:
        """Optimize the prompt of a call and announce what was done.

        `own` has the arguments of `OWN_ARGUMENTS` that were given. Without `answers_read_back` the model gets
        no tool to read back, since nobody would answer its call. `with_texts` keeps the texts of the blocks.
        """
        own = {name: (own or {}).get(name) for name in OWN_ARGUMENTS}
        # Refused here, as the optimizer fails open: a budget that nobody keeps would go unnoticed.
        check_budget(own["budget_tokens"])
        masker = self.config.masker(placeholder_key(self.config.api_key))
        if masker is not None:
            body, own = masked_body(body, masker), masked_body(own, masker)
        trace_id = str(uuid_utils.compat.uuid7())
        summary = request_summary(SDKS[dialect], str(body.get("model")), _messages_count(body))
        self._announce([self._event(EventType.OPTIMIZATION_STARTED, trace_id, summary)])
        ports = Ports(
            memory=self._memory,
            retriever=self._retriever,
            trace_id=trace_id,
            answers_read_back=answers_read_back,
            with_texts=with_texts,
        )
        result, failure = self._optimized(body, dialect, own, ports)
        self._announce_done(result, summary, failure)
        rounds = Rounds(result, body, result.body, dialect, self._memory) if result.reads_back else None
        originals = masker.originals() if masker is not None and masker.found else None
        return Call(result.body, result.stats.as_dict(), summary, result, rounds, originals)

    def _announce_done(self, result: OptimizationResult, summary: dict[str, Any], failure: str) -> None:
        """What was done; before it, the name of the error where the prompt is sent as it came."""
        if failure:
            trace_id = result.stats.trace_id
            error = {"type": failure}
            self._announce([self._event(EventType.OPTIMIZATION_FAILED, trace_id, summary, error=error)])
        key, caching = self.config.api_key, self.config.enable_caching
        self._announce(events_of(result.stats, summary, api_key=key, caching=caching))

    def _optimized(
        self,
        body: dict[str, Any],
        dialect: Dialect,
        own: Mapping[str, Any],
        ports: Ports,
    ) -> tuple[OptimizationResult, str]:
        """The result, and the name of the error where the prompt is sent as it came."""
        try:
            return optimize_body(body, dialect, config=self.config, ports=ports, **own), ""
        except Exception as error:
            if os.environ.get(STRICT_VARIABLE):
                raise
            # The request matters more than its optimization. The type alone: messages can quote prompts.
            name = type(error).__name__
            log.warning("a prompt is sent as it came: the optimizer failed with %s", name)
            return _as_it_came(body, dialect, ports.trace_id, name), name

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


def _messages_count(body: Mapping[str, Any]) -> int:
    """How many messages, or items of a response's input."""
    found = body.get("messages", body.get("input"))
    return len(found) if isinstance(found, list) else int(bool(found))


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
    # Imported here: with it comes requests, a third of the time in which all of this is imported.
    from token_optimizer.telemetry.emitter import TelemetryEmitter

    return TelemetryEmitter(
        config.analytics_url, config.api_key, config.emit_batch_size, config.emit_interval_seconds
    )


def _as_it_came(body: dict[str, Any], dialect: Dialect, trace_id: str, error_name: str) -> OptimizationResult:
    tokens = 0
    with suppress(Exception):  # what broke the optimizer may break the counter as well
        tokens = count_body(body, dialect, str(body.get("model")))
    stats = OptimizationStats(
        trace_id, tokens, tokens, "bypass", fallback_used=True, fallback_reason=error_name
    )
    return OptimizationResult(body, stats, changed=False)
