"""The trace that one request leaves: its columns as they become known, written once it has ended."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.callers.auth import Caller
from gateway.callers.routing import ProviderRoute, Target
from gateway.requests.client import Headers
from gateway.requests.off_loop import off_loop
from gateway.requests.prompt import PromptRequest
from optimizer_app.holdout.groups import Placed
from optimizer_app.holdout.outcome import Outcome
from optimizer_app.optimize.service import Optimized
from optimizer_app.optimize.usage import UNKNOWN_USAGE, Usage
from optimizer_app.prompts.versions.published import PublishedPrompt
from optimizer_app.trace_ids import new_trace_id
from optimizer_app.traces.journal.recorder import Journal
from optimizer_app.traces.record import (
    AttemptRecord,
    BreakpointRecord,
    ProviderCall,
    ReadBackRecord,
    ReReadRecord,
    Status,
    TraceRecord,
)
from optimizer_app.traces.stats import columns_of
from token_optimizer.models import Dialect, OptimizationStats, WhyNot

_MAX_REASON_CHARS = 200
# A model may call many times in one round; a trace stays small.
_MAX_READ_BACKS = 100
_MAX_PROVIDER_EDITS = 20
_REPLAYED = {"route": "cache", "cache_hit": True}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in: in which dialect, and when."""

    dialect: Dialect
    trace_id: uuid.UUID = field(default_factory=new_trace_id)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.perf_counter)

    @property
    def headers(self) -> Headers:
        """The `x-optimizer-*` headers of an answer to a request that the optimizer has not worked on."""
        return optimizer_headers(self.trace_id, 0, "bypass")


def optimizer_headers(trace_id: uuid.UUID, tokens_saved: int, route: str) -> Headers:
    return [
        ("x-optimizer-trace-id", str(trace_id)),
        ("x-optimizer-tokens-saved", str(tokens_saved)),
        ("x-optimizer-route", route),
    ]


class Recording:
    """The trace of one request of a known caller. Nothing of how a request is served is read from here, but
    what it came to."""

    def __init__(self, journal: Journal, arrival: Arrival, caller: Caller) -> None:
        self._journal = journal
        self._began = arrival.began
        self._sent_at: float | None = None
        # In off mode: counts the prompt, which is done where the provider does not say what it was.
        self._count: Callable[[], Optimized] | None = None
        self._calls: list[Usage] = []
        self._is_broken_off = False
        self._is_replayed = False
        self._ended = False
        self._compared: PromptRequest | None = None
        self._optimized: Optimized | None = None
        # What the memory was asked for, and whose that is.
        self._asked: tuple[PromptRequest, str] | None = None
        self._provider: ProviderRoute | None = None
        self._attempts: list[AttemptRecord] = []
        self.dialect: Dialect = arrival.dialect
        self.trace_id = arrival.trace_id
        self.project_id = caller.project_id
        self._created_at = arrival.created_at
        # By the names of `TraceRecord`, which is made of them once.
        self._columns: dict[str, Any] = {
            "id": arrival.trace_id,
            "project_id": caller.project_id,
            "api_key_id": caller.api_key_id,
            "created_at": arrival.created_at,
            "dialect": arrival.dialect,
            "status": "error",
            "route": "bypass",
            "tokens_before": 0,
            "tokens_after": 0,
            "latency_ms": 0.0,
            # Until the optimizer, or whoever leaves it out, says otherwise.
            "why_not": WhyNot.ENDED_EARLY,
        }

    @property
    def billed_tokens(self) -> int | None:
        """Tokens of prompt and answer that the provider bills; None where it did not say."""
        billed = self._billed
        return None if billed.input_tokens is None else billed.input_tokens + (billed.output_tokens or 0)

    @property
    def answered_tokens(self) -> int | None:
        """Those of the answer; None where the provider did not say, or was not asked."""
        return self._billed.output_tokens

    @property
    def _billed(self) -> Usage:
        """What all calls of the provider came to."""
        return self._calls[0] if len(self._calls) == 1 else sum(self._calls, UNKNOWN_USAGE)

    @property
    def headers(self) -> Headers:
        """The `x-optimizer-*` headers of every answer."""
        self._note_headers()
        columns = self._columns
        saved = columns["tokens_before"] - columns["tokens_after"]
        found = optimizer_headers(self.trace_id, saved, columns["route"])
        if self._is_replayed:
            found.append(("x-optimizer-cache", "hit"))
        if self._provider is not None:
            found.append(("x-optimizer-provider", self._provider.name_in_header))
        return found

    def is_whole_answer_of(self, provider: ProviderRoute) -> bool:
        """Whether the request ended well, answered by this provider at once."""
        is_well = self._columns["status"] == "ok" and self._provider is provider
        return is_well and not self._columns.get("read_backs")

    def note_answered_from_cache(self) -> None:
        """The answer is an earlier one: nobody is asked, and what is said to be billed was billed before."""
        self._is_replayed = True
        self._columns.update(_REPLAYED, answered_from_cache=True)

    def note_request(self, request: PromptRequest) -> None:
        """What is asked for, in the dialect that the prompt turned out to have."""
        self.dialect = request.dialect
        self._columns.update(
            dialect=request.dialect,
            model=request.model,
            config_name=request.named.name,
            config_version=request.named.version,
            budget_tokens=request.budget_tokens,
            tag=request.tag,
            stream=request.stream,
            messages_count=request.messages_count,
        )
        if request.placed is not None:
            self._note_placed(request, request.placed)

    def _note_placed(self, request: PromptRequest, placed: Placed) -> None:
        """The request takes part in a holdout: what comes of it is noted, too."""
        self._compared = request
        outcome = Outcome.of_request(request.raw, request.body, request.dialect)
        self._columns.update(holdout_group=placed.group, holdout_unit=placed.unit, outcome=outcome)

    @property
    def notes_answers(self) -> bool:
        """Whether what the answer says is wanted."""
        return self._compared is not None

    def note_answer(self, answer: Mapping[str, Any]) -> None:
        """A whole answer, where it is wanted; of several rounds the last one."""
        if self._compared is None:
            return
        outcome: Outcome = self._columns["outcome"]
        answered = outcome.answered(answer, self._compared.body, self._compared.dialect)
        self._columns.update(outcome=answered)

    def note_tags(self, tags: dict[str, str]) -> None:
        """What the client calls it."""
        if tags:
            self._columns.update(tags=tags)

    def note_kept(self, days: int) -> datetime | None:
        """Until when the texts are kept; None where they are not."""
        if not days:
            return None
        until = self._created_at + timedelta(days=days)
        self._columns.update(text_until=until)
        return until

    def note_masked(self, counts: Mapping[str, int]) -> None:
        """How many secrets each detector kept from the provider."""
        self._columns.update(masked=dict(counts))

    def note_prompt(self, prompt: PublishedPrompt) -> None:
        """The template that the request is made from."""
        self._columns.update(prompt_name=prompt.name, prompt_version=prompt.version)

    def note_relayed(self, method: str, path: str) -> None:
        """What is passed to the provider that is no prompt."""
        self._columns.update(relayed=f"{method} {path}"[:_MAX_REASON_CHARS], why_not="")

    def note_target(self, target: Target) -> None:
        """Who is asked, and by which name for the model, until somebody else is."""
        self._provider = target.provider
        sent_model = "" if target.model == self._columns.get("model") else target.model
        self._columns.update(provider=target.provider.name, sent_model=sent_model)

    def note_attempt(self, attempt: AttemptRecord) -> None:
        """A provider was asked, or passed over."""
        self._attempts.append(attempt)

    def note_asked(self, request: PromptRequest, secret: str) -> None:
        """The memory of this owner is asked for the conversation, and whether it knows the very prompt."""
        self._columns.update(continues=request.has_answers)
        if request.named.config.enable_caching:
            self._asked = request, secret

    def note_optimized(self, result: Optimized) -> None:
        """What the optimizer did. What it remembers is remembered when the request ends at the latest, and
        all else that it says is noted then."""
        self._optimized = result
        self._note_headers()

    def _note_headers(self) -> None:
        """What the answer's headers say of the prompt, as far as it is told."""
        if self._optimized is not None and not self._is_replayed:
            stats = self._optimized.stats
            before, after = stats.tokens_before, stats.tokens_after
            self._columns.update(route=stats.route, tokens_before=before, tokens_after=after)

    def complete_stats(self) -> None:
        """Have all said of the prompt that the optimizer left for later."""
        if self._optimized is not None:
            self._optimized.remember_sent()

    def note_stats(self, stats: OptimizationStats) -> None:
        """What was done to the prompt."""
        again = [ReReadRecord(*report) for report in stats.re_reads[:_MAX_READ_BACKS]]
        self._columns.update(**columns_of(stats), re_reads=again)

    def note_uncounted(self, count: Callable[[], Optimized], why_not: WhyNot) -> None:
        """The prompt goes out as it came, and was not counted. `count` takes its time."""
        self._count = count
        self._columns.update(why_not=why_not)

    def note_breakpoints(self, breakpoints: Sequence[Mapping[str, str]]) -> None:
        """Those that were added for the provider's cache."""
        self._columns.update(breakpoints_added=[BreakpointRecord(**mark) for mark in breakpoints])

    def note_provider_edits(self, edits: Sequence[dict[str, Any]]) -> None:
        """What the provider says that it did to the conversation, beside what it said before."""
        known = self._columns.get("provider_edits", ())
        self._columns.update(provider_edits=[*known, *edits][:_MAX_PROVIDER_EDITS])

    def note_sent(self) -> None:
        """The request goes to the provider now, or its continuation does."""
        self._sent_at = time.perf_counter()

    def note_first_byte(self) -> None:
        """The provider begins to answer; the first time is what the client waited for."""
        if self._sent_at is not None:
            self._columns.setdefault("first_byte_ms", _milliseconds_since(self._sent_at))

    def note_limit(self, limit: str) -> None:
        """The limit of ours that refuses the request; empty where it is none."""
        self._columns.update(limit=limit)

    def note_answered(self) -> None:
        """The provider is done."""
        if self._sent_at is not None:
            before = self._columns.get("upstream_ms", 0.0)
            self._columns.update(upstream_ms=before + _milliseconds_since(self._sent_at))
            self._sent_at = None

    def note_usage(self, usage: Usage) -> None:
        """What the provider billed for one call, beside those before it."""
        if self._is_replayed:
            self._columns.update(spared_usage=ProviderCall(*astuple(usage)))
            usage = Usage(0, 0, 0, 0)
        self._calls.append(usage)
        self._note_calls()

    def _note_calls(self) -> None:
        total = self._billed
        several = self._calls if len(self._calls) > 1 else []
        self._columns.update(
            usage_input_tokens=total.input_tokens,
            usage_cached_tokens=total.cached_tokens,
            usage_cache_write_tokens=total.cache_write_tokens,
            usage_output_tokens=total.output_tokens,
            usage_cache_write_1h_tokens=total.cache_write_1h_tokens,
            usage_reasoning_tokens=total.reasoning_tokens,
            provider_calls=[ProviderCall(*astuple(call)) for call in several],
        )

    def note_broken_off(self, usage: Usage, output_tokens: int) -> None:
        """What the provider said so far of a stream that broke off, of whose answer about so much came."""
        self._is_broken_off = True
        output = max(usage.output_tokens or 0, output_tokens)
        self.note_usage(replace(usage, output_tokens=output))

    def _estimate_broken_off(self) -> None:
        """Where the provider did not say what it billed for the prompt, it is taken to be our count."""
        input_tokens = self._calls[-1].input_tokens or self._columns.get("tokens_after", 0)
        self._calls[-1] = replace(self._calls[-1], input_tokens=input_tokens)
        self._note_calls()
        self._columns.update(usage_is_estimated=True)

    def note_read_backs(self, read_backs: Sequence[ReadBackRecord]) -> None:
        """What the model read back, by the calls of one round."""
        known = self._columns.get("read_backs", ())
        self._columns.update(read_backs=[*known, *read_backs][:_MAX_READ_BACKS])

    async def end(self, status: Status, http_status: int | None = None, error: str = "") -> None:
        """Write the trace, once the prompt is counted, by the provider, else by us, and remembered."""
        if self._count is not None and not self._ended:
            tokens = self._columns.get("usage_input_tokens")
            if tokens is None:
                self.note_stats((await asyncio.to_thread(self._count)).stats)
            else:
                self._columns.update(tokens_before=tokens, tokens_after=tokens)
        if self._has_left_something() and not self._ended:
            # What was passed on is gathered in one turn of the event loop, and goes out in the next one.
            await asyncio.sleep(0)
        if self._asked is not None and not self._ended:
            request, secret = self._asked
            self._columns.update(prompt_digest=await off_loop(len(request.raw), request.digest, secret))
            self._asked = None
        if self._optimized is not None and not self._ended:
            await self._optimized.remembered()
        self.end_now(status, http_status, error)

    def _has_left_something(self) -> bool:
        """Whether what is still to be done takes long enough to keep others waiting."""
        return self._optimized is not None and self._optimized.remember is not None

    def _note_told(self, result: Optimized) -> None:
        """All that the optimizer says."""
        result.remember_sent()
        self.note_stats(result.stats)
        self._columns.update(segments=list(result.stats.segments))
        if self._is_replayed:
            self._columns.update(_REPLAYED)

    def end_now(self, status: Status, http_status: int | None = None, error: str = "") -> None:
        """Write the trace to the journal: the first ending of a request is the true one."""
        if self._ended:
            return
        self._ended = True
        self.note_answered()
        if self._is_broken_off:
            self._estimate_broken_off()
        if self._asked is not None:
            request, secret = self._asked
            self._columns.update(prompt_digest=request.digest(secret))
        if self._optimized is not None:
            self._note_told(self._optimized)
        if len(self._attempts) > 1:
            self._columns.update(attempts=self._attempts)
        self._columns.update(
            status=status,
            http_status=http_status,
            error=error[:_MAX_REASON_CHARS],
            total_ms=_milliseconds_since(self._began),
        )
        self._journal.append(TraceRecord(**self._columns))


def _milliseconds_since(moment: float) -> float:
    return (time.perf_counter() - moment) * 1000
