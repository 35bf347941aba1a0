"""The sentences at the top of a request's page: what was cut, what that saved, what went wrong.

Zero is explained, a failed stage claims no saving, and money that is not known is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dashboard.numbers.formats import exact, milliseconds, money, percent
from dashboard.traces.why_not import why_not
from optimizer_app.models import RequestTrace

Level = Literal["danger", "warn", "note"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence under the headline that a reader must not miss."""

    level: Level
    text: str


def headline(trace: RequestTrace) -> str:
    """The request in one short sentence."""
    took = milliseconds(trace.latency_ms)
    if trace.relayed:
        return "Passed to the provider"
    if trace.route == "bypass":
        return "Forwarded byte for byte"
    if trace.tokens_saved > 0:
        return f"Cut {percent(trace.tokens_saved / trace.tokens_before)} in {took}"
    if trace.tokens_saved < 0:
        return f"Grew by {exact(-trace.tokens_saved)} tokens in {took}"
    return f"Cut nothing in {took}"


def tokens_sentence(trace: RequestTrace) -> str:
    """The tokens before and sent; one figure where nothing was read."""
    sign = "≈" if trace.tokens_estimated else ""
    if trace.relayed:
        return trace.relayed
    if trace.route == "bypass":
        return f"{sign}{exact(trace.tokens_before)} tokens"
    return f"{sign}{exact(trace.tokens_before)} → {sign}{exact(trace.tokens_after)} tokens"


def times_sentence(trace: RequestTrace) -> str:
    """The times that were measured."""
    known = (("added", trace.latency_ms), ("provider", trace.upstream_ms), ("in all", trace.total_ms))
    return ", ".join(f"{milliseconds(ms)} {name}" for name, ms in known if ms is not None)


def zero_explained(trace: RequestTrace) -> str:
    """Why nothing was cut; empty where something was."""
    if trace.relayed:
        return "This is no prompt: it went out and came back as it was."
    if trace.tokens_saved > 0:
        return ""
    reason = why_not(trace)
    if trace.tokens_saved < 0:
        return f"Nothing is saved: {reason}." if reason else ""
    return f"0 cut: {reason}." if reason else "0 cut: no reason was noted for it."


def money_sentence(trace: RequestTrace) -> str:
    """Net = gross − cache effect − reading back, or why there is no such figure."""
    if trace.relayed:
        return _relayed_bill(trace)
    if trace.gross_usd == trace.net_usd == 0:
        return "No money was saved."
    if trace.gross_usd is None:
        return f"Money is not counted: no list price is known for {trace.model or 'this model'}."
    if trace.net_usd is None:
        return f"Gross {money(trace.gross_usd)} at list price. Net is not known: no usage was reported."
    won = Decimal((trace.receipt or {}).get("breakpoints_usd") or 0)
    effect = trace.gross_usd - trace.net_usd - (trace.read_back_usd or 0) + won
    gross = f"{money(trace.gross_usd)} gross {_signed(-effect)} cache effect"
    breakpoints = f" {_signed(won)} by our breakpoints" if won else ""
    read_back = f" − {money(trace.read_back_usd)} reading back" if trace.read_back_usd else ""
    return f"Net {money(trace.net_usd)} = {gross}{breakpoints}{read_back}"


def _signed(usd: Decimal) -> str:
    """Money within a sum: "− $0.1" or "+ $0.1"."""
    return f"{'+' if usd > 0 else '−'} {money(abs(usd))}"


def _relayed_bill(trace: RequestTrace) -> str:
    counts = ((trace.usage_input_tokens, "in"), (trace.usage_output_tokens, "out"))
    billed = " and ".join(f"{exact(count)} {way}" for count, way in counts if count is not None)
    return f"The provider billed tokens: {billed}." if billed else "What it cost is not known."


def retrieval_sentence(trace: RequestTrace) -> str:
    """What stored documents brought in, and what was left out for it; empty where they brought nothing."""
    retrieved, replaced = trace.retrieved_and_replaced
    if not retrieved:
        return ""
    instead = f", in the place of {exact(replaced)} of its own" if replaced else ""
    return f"Stored documents brought {exact(retrieved)} tokens{instead}."


def notices(trace: RequestTrace) -> list[Notice]:
    """What went wrong or not as usual, the worst first."""
    found = [
        Notice("danger", _failed_stage(stage)) for stage in trace.stages if stage.get("status") == "failed"
    ]
    if trace.status == RequestTrace.Status.ERROR:
        found.append(Notice("danger", _provider_error(trace)))
    if trace.net_usd is not None and trace.net_usd < 0:
        found.append(Notice("danger", _negative_net(trace)))
    if trace.status == RequestTrace.Status.INTERRUPTED:
        found.append(Notice("warn", "Interrupted: the answer ended early. " + trace.error))
    if trace.fallback_used:
        reason = trace.fallback_reason or "no reason was given"
        found.append(Notice("warn", f"Fell back: {reason}"))
    if trace.over_budget:
        text = f"Over the hard budget: {trace.over_budget}. What must be kept is larger."
        found.append(Notice("warn", text))
    if trace.compacted:
        found.append(Notice("note", _compaction(trace)))
    if trace.masked:
        found.append(Notice("note", _masked(trace.masked)))
    if trace.tokens_estimated:
        text = f"≈ marks estimates: {trace.model or 'this model'} has no public tokenizer."
        found.append(Notice("note", text))
    return found


def _negative_net(trace: RequestTrace) -> str:
    if trace.net_usd is not None and trace.net_usd + (trace.read_back_usd or 0) >= 0:
        return "Net is negative: reading back what was cut cost more than the cut saved."
    if trace.gross_usd is not None and trace.gross_usd < 0:
        return "Net is negative: more tokens were added to the prompt than cut from it."
    return "Net is negative: the cut cost more of the provider's cache discount than it saved."


def _compaction(trace: RequestTrace) -> str:
    text = "Compaction: what had been sent before was rewritten, so the provider's cache starts anew"
    cost = next((stage["reason"] for stage in trace.stages if stage.get("name") == "compaction"), "")
    return f"{text}. {cost[:1].upper()}{cost[1:]}." if cost else f"{text}."


def _masked(counts: dict[str, int]) -> str:
    """How many secrets each detector found; which, nobody stores."""
    each = ", ".join(f"{name} {exact(count)}" for name, count in counts.items())
    return f"Kept from the provider by placeholders: {each}."


def _failed_stage(stage: dict[str, object]) -> str:
    why = f" ({stage['reason']})" if stage.get("reason") else ""
    return (
        f"Stage {stage.get('name')} failed{why}. The prompt went on as it was; no saving is claimed for it."
    )


def _provider_error(trace: RequestTrace) -> str:
    answered = (
        f"The provider answered {trace.http_status}" if trace.http_status else "No answer from the provider"
    )
    return f"{answered}: {trace.error}" if trace.error else f"{answered}."
