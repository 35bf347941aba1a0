"""The money of records that are about to be stored: what each was billed, and would have been without us."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from functools import cache

import msgspec

from optimizer_app.models import PriceOverride
from optimizer_app.optimize.usage import NOTHING_BILLED, Usage
from optimizer_app.prices.entries import entry_of, overrides_of
from optimizer_app.prices.rules import cache_rules_of, rules_of
from optimizer_app.receipts.computing import receipt_of
from optimizer_app.receipts.drift import NO_DRIFT, Drift, ModelOfProject, learned, with_request
from optimizer_app.receipts.original_cache import CacheUnavailable, GatheredCaches, OriginalCaches
from optimizer_app.receipts.receipt import Receipt
from optimizer_app.receipts.rules import WorkedOn
from optimizer_app.receipts.saving import CutPrompt, Prices
from optimizer_app.receipts.without_us import Original, usage_without_us
from optimizer_app.traces.record import TraceRecord
from optimizer_app.valkey.traffic import traffic_url
from token_optimizer.models import Origin
from token_optimizer.prompt_cache.rules import CacheRules


@dataclass(frozen=True, slots=True)
class Money:
    """What a request was billed and saved, and its receipt, where a price is known."""

    prices: Prices
    receipt: Receipt | None


def money_of(
    records: Sequence[TraceRecord],
) -> tuple[Mapping[uuid.UUID, Money], Mapping[ModelOfProject, Drift]]:
    """The money of each record by its id, and how the provider's counts differ from ours in these records.

    In the order in which the requests came, since each finds in the cache what those before it left there.
    """
    names = {name for record in records for name in (record.model, record.sent_model) if name}
    overrides, rules = overrides_of(names), rules_of(names)
    asked = {record.id: record.model for record in records}
    records = [_as_billed(record, overrides) for record in records]
    learnt = learned((record.project_id, record.model) for record in records)
    caches = _gathered(records)
    found: dict[uuid.UUID, Money] = {}
    drifts: dict[ModelOfProject, Drift] = {}
    for record in sorted(records, key=lambda record: record.created_at):
        key = record.project_id, record.model
        first = first_usage(record)
        if _is_counted_whole(record):
            drifts[key] = with_request(drifts.get(key, NO_DRIFT), record.tokens_after, first.input_tokens)
        drift = learnt.get(key, NO_DRIFT) + drifts.get(key, NO_DRIFT)
        set_rules = rules.get(record.model) or rules.get(asked[record.id])
        known = cache_rules_of(record.model, set_rules)
        found[record.id] = _money(record, first, drift, overrides.get(record.model), known, caches)
    if caches is not None:
        # Else the next requests find nothing in the caches; what these ones found is true all the same.
        with suppress(CacheUnavailable):
            caches.store()
    return found, {key: drift for key, drift in drifts.items() if drift.requests}


def _as_billed(record: TraceRecord, overrides: Mapping[str, PriceOverride]) -> TraceRecord:
    """The record under the provider's own name for the model, where that has a price."""
    name = record.sent_model
    is_priced = name and entry_of(name, record.dialect, overrides.get(name)) is not None
    return msgspec.structs.replace(record, model=name) if is_priced else record


def _is_counted_whole(record: TraceRecord) -> bool:
    """Whether we counted all that the provider did: a prompt without blocks has its count from the provider,
    and earlier responses are not in the request."""
    is_whole = record.dialect != "responses" or bool(record.segments)
    is_billed = record.status == "ok" and not record.usage_is_estimated
    return is_billed and bool(record.blocks) and is_whole


def _money(
    record: TraceRecord,
    first: Usage,
    drift: Drift,
    override: PriceOverride | None,
    rules: CacheRules,
    caches: GatheredCaches | None,
) -> Money:
    is_priced = entry_of(record.model, record.dialect, override) is not None
    spared = None if record.spared_usage is None else Usage(*astuple(record.spared_usage))
    cut = CutPrompt(
        record.model,
        record.dialect,
        record.tokens_before,
        record.tokens_after,
        [first, *(Usage(*astuple(call)) for call in record.provider_calls[1:])],
        record.created_at,
        # A prompt that was only made smaller was sent to no provider, and what failed was not answered.
        was_answered=bool(record.provider) and record.status != "error",
        without_us=_without_us(record, spared or first, drift, rules, caches) if is_priced else None,
        tokens_per_counted=drift.tokens_per_counted,
        has_own_breakpoints=_is_cached_by_us(record, rules),
        usage_is_estimated=record.usage_is_estimated,
        spared=spared,
    )
    work = WorkedOn(
        record.blocks, [asdict(x) for x in record.read_backs], [asdict(x) for x in record.re_reads]
    )
    return Money(*receipt_of(cut, work, _retrieved_tokens(record), override))


def _gathered(records: Sequence[TraceRecord]) -> GatheredCaches | None:
    """What the providers' caches would hold of the originals; None where Valkey does not say."""
    asked = [(each.provider, each.model, each.segments) for each in records if _is_simulated(each)]
    try:
        return _caches(traffic_url()).gathered(asked)
    except CacheUnavailable:
        return None


def _is_simulated(record: TraceRecord) -> bool:
    return bool(record.segments) and record.status != "error"


def _without_us(
    record: TraceRecord, first: Usage, drift: Drift, rules: CacheRules, caches: GatheredCaches | None
) -> Usage | None:
    """The usage that the original would have had; None where it cannot be simulated."""
    if caches is None or not _is_simulated(record):
        return None
    original = Original(
        rules,
        record.tokens_before,
        record.created_at.timestamp(),
        record.segments,
        is_unchanged=_is_unchanged(record),
    )
    more = round((record.tokens_before - record.tokens_after) * drift.tokens_per_counted)
    return usage_without_us(original, first, more, caches.of(record.provider, record.model))


def _is_unchanged(record: TraceRecord) -> bool:
    """Whether it was sent as it came, breakpoints included."""
    return not record.breakpoints_added and all(block["fate"] == "kept" for block in record.blocks)


def _is_cached_by_us(record: TraceRecord, rules: CacheRules) -> bool:
    """Whether nothing of it would have been cached but for breakpoints of ours."""
    return bool(record.breakpoints_added) and rules.implicit == "none"


@cache
def _caches(redis_url: str) -> OriginalCaches:
    return OriginalCaches(redis_url)


def _retrieved_tokens(record: TraceRecord) -> int:
    """Tokens of stored documents in what was sent."""
    return sum(block["tokens_after"] for block in record.blocks if block.get("origin") == Origin.RETRIEVED)


def first_usage(record: TraceRecord) -> Usage:
    """What the provider billed for its first call: nothing for a request that it refused."""
    if record.provider_calls:
        return Usage(*astuple(record.provider_calls[0]))
    if record.usage_input_tokens is None and record.status == "error":
        return NOTHING_BILLED
    return Usage(
        record.usage_input_tokens,
        record.usage_cached_tokens,
        record.usage_cache_write_tokens,
        record.usage_output_tokens,
        record.usage_cache_write_1h_tokens,
        record.usage_reasoning_tokens,
    )
