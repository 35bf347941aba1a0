"""The turns of a conversation: what of each was sent before, what was new, what was cut; and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.numbers.formats import exact, percent
from dashboard.traces.rows import TraceRow
from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.models import RequestTrace

MAX_TURNS = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of the conversation. `frozen` of the sent tokens stood as they were sent before; the bar is
    `scale` tokens wide."""

    number: int
    row: TraceRow
    frozen: int
    scale: int
    before: RequestTrace | None

    @property
    def trace(self) -> RequestTrace:
        return self.row.trace

    @property
    def frozen_percent(self) -> float:
        return self._percent(self.frozen)

    @property
    def sent_percent(self) -> float:
        return self._percent(self.trace.tokens_after)

    @property
    def whole_percent(self) -> float:
        return self._percent(max(self.trace.tokens_before, self.trace.tokens_after))

    @property
    def wants(self) -> list[str]:
        """What the model wanted back of what was cut."""
        reads, again = len(self.trace.read_backs), len(self.trace.re_reads)
        found = [f"{reads} read back"] if reads else []
        return [*found, f"{again} tool{'s' if again > 1 else ''} called again"] if again else found

    def _percent(self, tokens: int) -> float:
        return round(100 * tokens / self.scale, 2) if self.scale else 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """`turns` are the first `MAX_TURNS` of `count`; the sums are theirs. Money that no turn has is None."""

    turns: Sequence[Turn]
    count: int

    @property
    def headline(self) -> str:
        """The conversation in one short sentence."""
        turns = "1 turn" if self.count == 1 else f"{exact(self.count)} turns"
        if self.sent > self.before:
            return f"{turns}, grew by {exact(self.sent - self.before)} tokens"
        share = 1 - self.sent / self.before if self.before else 0
        return f"{turns}, cut {percent(share)}"

    @property
    def before(self) -> int:
        return sum(turn.trace.tokens_before for turn in self.turns)

    @property
    def sent(self) -> int:
        return sum(turn.trace.tokens_after for turn in self.turns)

    @property
    def net_usd(self) -> Decimal | None:
        known = [turn.trace.net_usd for turn in self.turns if turn.trace.net_usd is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def billed_usd(self) -> Decimal | None:
        """The bill of the turns whose net is known, too, so that both can be added."""
        known = [turn.trace.billed_usd for turn in self.turns if turn.trace.net_usd is not None]
        bills = [usd for usd in known if usd is not None]
        return sum(bills, Decimal(0)) if bills else None

    @property
    def without_us_usd(self) -> Decimal | None:
        """What these turns would have been billed without us."""
        if self.billed_usd is None or self.net_usd is None:
            return None
        return self.billed_usd + self.net_usd

    @property
    def compactions(self) -> int:
        return sum(turn.trace.compacted for turn in self.turns)

    @property
    def cached_share(self) -> float | None:
        """The share of the billed input that the provider read from its cache."""
        billed = [turn.trace for turn in self.turns if turn.trace.usage_input_tokens]
        total = sum(trace.usage_input_tokens or 0 for trace in billed)
        return sum(trace.usage_cached_tokens or 0 for trace in billed) / total if total else None


def conversation_of(turns: TraceRows, rows: Sequence[TraceRow]) -> Conversation:
    """The conversation with these turns, of which `rows` are the first."""
    traces = [row.trace for row in rows]
    scale = max((max(trace.tokens_before, trace.tokens_after) for trace in traces), default=0)
    earlier = [None, *traces]
    return Conversation(
        [
            Turn(number, row, _frozen_tokens(row.trace), scale, before)
            for number, (row, before) in enumerate(zip(rows, earlier, strict=False), 1)
        ],
        turns.count(),
    )


def _frozen_tokens(trace: RequestTrace) -> int:
    return sum(block["tokens_after"] for block in trace.blocks if block.get("frozen"))
