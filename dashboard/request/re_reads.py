"""Which tools the model called again after their results had been cut, and which rules pay for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.numbers.formats import exact
from optimizer_app.models import RequestTrace


@dataclass(frozen=True, slots=True)
class ReReads:
    """All of them, for one section of the page: `charges` has the tokens by rule."""

    sentence: str
    calls: Sequence[dict[str, Any]]
    charges: Sequence[tuple[str, int]]


def re_reads(trace: RequestTrace) -> ReReads | None:
    """What was called again; None where nothing was."""
    if not trace.re_reads:
        return None
    charges: Counter[str] = Counter()
    for call in trace.re_reads:
        charges[call.get("stage", "")] += call.get("tokens", 0)
    return ReReads(_sentence(trace.re_reads), trace.re_reads, charges.most_common())


def _sentence(calls: Sequence[dict[str, Any]]) -> str:
    tokens = exact(sum(call.get("tokens", 0) for call in calls))
    what = "a tool" if len(calls) == 1 else f"tools {len(calls)} times"
    return f"The model called {what} again with the same arguments, and got {tokens} tokens."
