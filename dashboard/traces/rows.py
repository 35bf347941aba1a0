"""The rows of request tables: a trace with its small strip and its flags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.traces.blocks import block_rows
from dashboard.traces.strip import SmallStrip, small_strip
from dashboard.traces.why_not import why_not
from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.models import RequestTrace


@dataclass(frozen=True, slots=True)
class TraceRow:
    trace: RequestTrace
    strip: SmallStrip

    @property
    def flags(self) -> list[tuple[str, str]]:
        """What went wrong or not as usual, as (level, word) pairs, the worst first."""
        trace = self.trace
        found = []
        if any(stage.get("status") == "failed" for stage in trace.stages):
            found.append(("danger", "stage failed"))
        if trace.status == RequestTrace.Status.ERROR:
            found.append(("danger", f"error {trace.http_status or ''}".strip()))
        if trace.status == RequestTrace.Status.INTERRUPTED:
            found.append(("warn", "interrupted"))
        if trace.fallback_used:
            found.append(("warn", "fell back"))
        if trace.over_budget:
            found.append(("warn", "over budget"))
        if trace.compacted:
            found.append(("more", "compaction"))
        return found

    @property
    def why_not(self) -> str:
        """Why it was not made smaller; empty where it was."""
        return why_not(self.trace)

    @property
    def flag_words(self) -> str:
        return ", ".join(word for _, word in self.flags)


def trace_rows(traces: TraceRows) -> list[TraceRow]:
    return rows_of(traces.select_related("project"))


def rows_of(traces: Iterable[RequestTrace]) -> list[TraceRow]:
    return [TraceRow(trace, small_strip(block_rows(trace.blocks))) for trace in traces]
