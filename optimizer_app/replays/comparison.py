"""The figures of a run, and of two beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import Replay, ReplayResult, RequestTrace
from optimizer_app.optimize.usage import Usage
from optimizer_app.playground.comparison import ChangedBlock, changed_blocks
from optimizer_app.prices.entries import overrides_of
from optimizer_app.receipts.saving import price_of_usage

DONE = ReplayResult.State.DONE


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the prompts that were run. Money is None where a price is not known, or nothing was sent."""

    prompts: int
    tokens_before: int
    tokens_after: int
    cost_before_usd: Decimal | None
    cost_usd: Decimal | None
    latency_ms: float | None
    fallbacks: int
    lost_directives: int
    billed_usd: Decimal | None

    @property
    def saved_usd(self) -> Decimal | None:
        if self.cost_before_usd is None or self.cost_usd is None:
            return None
        return self.cost_before_usd - self.cost_usd


@dataclass(frozen=True, slots=True)
class Pair:
    """One prompt in two runs. `changed`: blocks whose fate or size differs, as (number, other, own)."""

    own: ReplayResult
    other: ReplayResult | None

    @property
    def changed(self) -> list[ChangedBlock]:
        return [] if self.other is None else list(changed_blocks(self.other.blocks, self.own.blocks))


def totals(results: Iterable[ReplayResult]) -> Totals:
    done = [result for result in results if result.state == DONE]
    return Totals(
        len(done),
        sum(result.tokens_before for result in done),
        sum(result.tokens_after for result in done),
        _sum(result.cost_before_usd for result in done),
        _sum(result.cost_usd for result in done),
        median(result.latency_ms for result in done) if done else None,
        sum(bool(result.fallback_reason) for result in done),
        sum(result.lost_directives for result in done),
        _sum(result.billed_usd for result in done),
    )


def paired(results: Iterable[ReplayResult], others: Iterable[ReplayResult]) -> list[Pair]:
    """Each prompt with what it was in the other run; None where that had it not, or not to its end."""
    known = {other.prompt_key: other for other in others if other.state == DONE}
    return [
        Pair(result, known.get(result.prompt_key) if result.state == DONE else None) for result in results
    ]


def as_sent(results: Sequence[ReplayResult], replay: Replay) -> list[ReplayResult]:
    """What the requests themselves came to when they were made, as results of a run."""
    ids = [result.trace_id for result in results if result.trace_id]
    traces = stored_traces().filter(project=replay.project_id, pk__in=ids)
    return [_of_trace(trace) for trace in traces]


def comparable_runs(replay: Replay, limit: int = 20) -> list[Replay]:
    """Other runs that have prompts of this one, the newest first."""
    own = replay.results.all()
    same = ReplayResult.objects.filter(replay__project=replay.project_id).exclude(replay=replay)
    by_trace = same.filter(trace_id__in=own.exclude(trace_id=None).values("trace_id"))
    by_example = same.filter(example__in=own.exclude(example=None).values("example"))
    runs = by_trace.values("replay").union(by_example.values("replay"))
    return list(Replay.objects.filter(pk__in=[row["replay"] for row in runs])[:limit])


def _of_trace(trace: RequestTrace) -> ReplayResult:
    override = overrides_of([trace.model]).get(trace.model)
    before, after = (
        price_of_usage(trace.model, trace.dialect, Usage(tokens), override)
        for tokens in (trace.tokens_before, trace.tokens_after)
    )
    return ReplayResult(
        label=str(trace.pk),
        trace_id=trace.pk,
        state=DONE,
        model=trace.model,
        tokens_before=trace.tokens_before,
        tokens_after=trace.tokens_after,
        cost_before_usd=before,
        cost_usd=after,
        latency_ms=trace.latency_ms,
        fallback_reason=trace.fallback_reason if trace.fallback_used else "",
        blocks=trace.blocks,
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """None where one is not known, or there is none."""
    known = list(values)
    return sum(filter(None, known), Decimal(0)) if known and None not in known else None
