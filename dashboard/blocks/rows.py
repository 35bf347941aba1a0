"""The rows of the blocks that a rule cut, each with what the page of its request says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.traces.blocks import BlockRow, block_rows
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.cuts.blocks import Cut
from optimizer_app.models import RequestTrace


@dataclass(frozen=True, slots=True)
class CutRow:
    trace: RequestTrace
    block: BlockRow
    cut: Cut

    @property
    def wanted_by(self) -> str:
        """How the model wanted it again, in words; empty where it did not."""
        ways = {"read back": self.cut.read, "tool called again": self.cut.again}
        return ", ".join(way for way, tokens in ways.items() if tokens)


def cut_rows(cuts: Sequence[Cut]) -> list[CutRow]:
    """In the order of the cuts."""
    traces = stored_traces().filter(pk__in={cut.trace_id for cut in cuts}).select_related("project")
    found = {trace.pk: trace for trace in traces}
    blocks = {pk: block_rows(trace.blocks) for pk, trace in found.items()}
    return [
        CutRow(found[cut.trace_id], blocks[cut.trace_id][cut.number - 1], cut)
        for cut in cuts
        if cut.trace_id in found
    ]
