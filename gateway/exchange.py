"""What is known about one request while it is served, and the trace that is left of it."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.auth import Caller, ProviderRoute
from gateway.call import Call
from gateway.headers import Headers
from gateway.usage import NOT_SAID, Usage
from optimizer_app.optimize.service import Optimized
from optimizer_app.precompression.requests import PrecompressionRequest
from optimizer_app.traces.ids import new_trace_id
from optimizer_app.traces.record import Status, TraceRecord
from optimizer_app.traces.recorder import Journal
from token_optimizer.models import Dialect, OptimizationStats

_LONGEST_REASON = 200


@dataclass(slots=True)
class Exchange:
    """One request on its way. Its parts are filled in as they become known."""

    dialect: Dialect
    journal: Journal
    trace_id: uuid.UUID = field(default_factory=new_trace_id)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.perf_counter)
    caller: Caller | None = None
    call: Call | None = None
    provider: ProviderRoute | None = None
    result: Optimized | None = None
    # In off mode the prompt is counted beside the waiting for the provider.
    counting: asyncio.Task[Optimized] | None = None
    sent_at: float | None = None
    upstream_ms: float | None = None
    usage: Usage = NOT_SAID
    recorded: bool = False

    @property
    def stats(self) -> OptimizationStats:
        """What the optimizer did; nothing, as long as it has not run."""
        if self.result is not None:
            return self.result.stats
        return OptimizationStats(str(self.trace_id), 0, 0, route="bypass")

    @property
    def headers(self) -> Headers:
        """The `x-optimizer-*` headers of every answer."""
        stats = self.stats
        return [
            ("x-optimizer-trace-id", str(self.trace_id)),
            ("x-optimizer-tokens-saved", str(stats.tokens_saved)),
            ("x-optimizer-route", stats.route),
        ]

    def sent(self) -> None:
        """The request goes to the provider now."""
        self.sent_at = time.perf_counter()

    def answered(self) -> None:
        """The provider is done."""
        if self.sent_at is not None and self.upstream_ms is None:
            self.upstream_ms = _milliseconds_since(self.sent_at)

    async def record_counted(self, status: Status, http_status: int | None = None, error: str = "") -> None:
        """`record`, once the prompt is counted."""
        if self.counting is not None and self.result is None:
            self.result = await self.counting
        self.record(status, http_status, error)

    def record(self, status: Status, http_status: int | None = None, error: str = "") -> None:
        """Write the request to the journal, once: the first ending of a request is the true one."""
        if self.recorded or self.caller is None:
            return
        self.recorded = True
        self.answered()
        self.journal.append(self._trace(self.caller, status, http_status, error))

    def left_to_do(self) -> PrecompressionRequest | None:
        """What is to be compressed for the next turn; None where there was no answer."""
        if self.caller is None or self.call is None or self.result is None or self.sent_at is None:
            return None
        config, result = self.call.named.config, self.result
        return PrecompressionRequest(
            self.caller.project_id,
            result.wanted_ahead,
            config.compression_ratio,
            config.faithfulness_threshold,
            result.looks,
        )

    def _trace(self, caller: Caller, status: Status, http_status: int | None, error: str) -> TraceRecord:
        stats = self.stats
        named = self.call.named if self.call else None
        return TraceRecord(
            id=self.trace_id,
            project_id=caller.project_id,
            api_key_id=caller.api_key_id,
            created_at=self.created_at,
            dialect=self.dialect,
            provider=self.provider.name if self.provider else "",
            model=self.call.model if self.call else "",
            config_name=named.name if named else "",
            config_version=named.version if named else None,
            stream=self.call.stream if self.call else False,
            status=status,
            http_status=http_status,
            error=error[:_LONGEST_REASON],
            route=stats.route,
            tokens_before=stats.tokens_before,
            tokens_after=stats.tokens_after,
            tokens_estimated=stats.estimated,
            cache_hit=stats.cache_hit,
            fallback_used=stats.fallback_used,
            fallback_reason=stats.fallback_reason[:_LONGEST_REASON],
            compacted=stats.compacted,
            over_budget=stats.over_budget,
            faithfulness_score=stats.faithfulness_score,
            latency_ms=stats.latency_ms,
            upstream_ms=self.upstream_ms,
            total_ms=_milliseconds_since(self.began),
            usage_input_tokens=self.usage.input_tokens,
            usage_cached_tokens=self.usage.cached_tokens,
            usage_cache_write_tokens=self.usage.cache_write_tokens,
            usage_output_tokens=self.usage.output_tokens,
            stages=[stage.as_dict() for stage in stats.stages],
            blocks=[block.as_dict() for block in stats.blocks],
            messages_count=self.call.messages_count if self.call else 0,
        )


def _milliseconds_since(moment: float) -> float:
    return (time.perf_counter() - moment) * 1000
