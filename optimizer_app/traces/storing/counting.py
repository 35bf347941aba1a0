"""What `/metrics` counts of requests as they are stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from optimizer_app.metrics import catalog
from optimizer_app.metrics.counts import Counts
from optimizer_app.traces.record import TraceRecord
from optimizer_app.traces.storing.money import Money
from token_optimizer.optimizer.conversation.cache_prices import priced_model

_MS = 1000.0


def counts_of(records: Iterable[TraceRecord], money: Mapping[uuid.UUID, Money]) -> Counts:
    """The sums of the records, each of which is counted by whoever calls this once."""
    counts = Counts()
    for record in records:
        _count_model(counts, record, money[record.id])
        _count_project(counts, record)
        _count_stages(counts, record)
        _observe(counts, record)
        _count_attempts(counts, record)
    return counts


def _count_model(counts: Counts, record: TraceRecord, money: Money) -> None:
    project, prices = record.project_id, money.prices
    labels = (record.provider, _model(record, money))
    ended = (record.dialect, record.status, _status_class(record.http_status))
    saved = float(prices.net_usd or 0)
    counts.add(catalog.REQUESTS, 1, (*labels, *ended), project)
    for metric, amount in (
        (catalog.TOKENS_BEFORE, record.tokens_before),
        (catalog.TOKENS_AFTER, record.tokens_after),
        (catalog.TOKENS_SAVED, max(record.tokens_before - record.tokens_after, 0)),
        (catalog.USD_BILLED, float(prices.billed_usd or 0)),
        (catalog.USD_SAVED, max(saved, 0.0)),
        (catalog.USD_LOST, max(-saved, 0.0)),
    ):
        counts.add(metric, amount, labels, project)
    for kind in ("input", "cached", "cache_write", "output"):
        counts.add(
            catalog.TOKENS_BILLED, getattr(record, f"usage_{kind}_tokens") or 0, (*labels, kind), project
        )


def _model(record: TraceRecord, money: Money) -> str:
    """The model by its name in the table of prices: clients may send any name, and each would be a series."""
    names = [name for name in (record.sent_model, record.model) if name]
    for name in names:
        if (entry := priced_model(name, record.dialect)) is not None:
            return entry[1].id
    # Somebody set its price here.
    return names[0] if money.prices.gross_usd is not None else catalog.OTHER_MODEL


def _status_class(status: int | None) -> str:
    return "none" if status is None else f"{status // 100}xx"


def _count_project(counts: Counts, record: TraceRecord) -> None:
    project = record.project_id
    counts.add(catalog.OPTIMIZER_CACHE_HITS, record.cache_hit and not record.answered_from_cache, (), project)
    counts.add(catalog.RESPONSE_CACHE_HITS, record.answered_from_cache, (), project)
    counts.add(catalog.FALLBACKS, record.fallback_used, (), project)
    counts.add(catalog.COMPACTIONS, record.compacted, (), project)
    counts.add(catalog.LIMITED, bool(record.limit), (record.limit,), project)
    counts.add(catalog.WHY_NOT, bool(record.why_not), (record.why_not,), project)
    for read in record.read_backs:
        counts.add(catalog.READ_BACKS, 1, (read.stage, "yes" if read.found else "no"), project)
    for again in record.re_reads:
        counts.add(catalog.RE_READS, 1, (again.stage,), project)


def _count_stages(counts: Counts, record: TraceRecord) -> None:
    for stage in record.stages:
        name, status = stage["name"], stage["status"]
        counts.add(catalog.STAGE_RUNS, 1, (name, status))
        counts.add(catalog.STAGE_TOKENS_CUT, max(stage["tokens_cut"], 0), (name,))
        if status != "skipped":
            counts.observe(catalog.STAGE_SECONDS, stage["ms"] / _MS, name)


def _observe(counts: Counts, record: TraceRecord) -> None:
    if record.route != "bypass" and not record.answered_from_cache:
        counts.observe(catalog.OPTIMIZING_SECONDS, record.latency_ms / _MS, record.route)
    counts.observe(catalog.FIRST_BYTE_SECONDS, _seconds(record.first_byte_ms), record.provider)
    counts.observe(catalog.PROVIDER_SECONDS, _seconds(record.upstream_ms), record.provider)
    counts.observe(catalog.REQUEST_SECONDS, _seconds(record.total_ms), record.dialect)


def _count_attempts(counts: Counts, record: TraceRecord) -> None:
    for attempt in record.attempts:
        counts.add(catalog.PROVIDER_ATTEMPTS, 1, (attempt.provider, _code(attempt.status)))
    if record.upstream_ms is None:
        return
    if not record.attempts:
        counts.add(catalog.PROVIDER_ATTEMPTS, 1, (record.provider, _code(record.http_status)))
    if record.status == "error":
        counts.add(catalog.PROVIDER_ERRORS, 1, (record.provider, _code(record.http_status)))


def _code(status: int | None) -> str:
    return "none" if status is None else str(status)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / _MS
