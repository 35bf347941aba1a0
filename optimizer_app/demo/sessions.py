"""An agent's session turn by turn: what its input costs with the provider's prompt cache, before and after.

What a request and the one before it have in common from the beginning is read from the cache, the rest is
written to it, at the prices of genai-prices. Only input is priced: the answers are the same. The turns are
optimized here, by the default config, since only who holds the bytes that were sent can compare them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from optimizer_app.demo.needs import kept_needs
from token_optimizer import OptimizerConfig
from token_optimizer.models import Dialect
from token_optimizer.optimizer.conversation.cache_prices import cache_prices
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import CachePrices, Ports
from token_optimizer.tokens.counts import count_body


@dataclass(frozen=True, slots=True)
class ExampleSession:
    """One file of examples/sessions/. Each answer of the assistant's was a turn; `needs` has the texts that
    the answer `before` which they stood relied on."""

    name: str
    about: str
    dialect: Dialect
    body: Mapping[str, Any]
    needs: Sequence[Mapping[str, Any]] = ()

    def requests(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The body of each turn, with the number of the answer that it got."""
        messages = self.body["messages"]
        for at, message in enumerate(messages):
            if message["role"] == "assistant":
                yield at, {**self.body, "messages": messages[:at]}


@dataclass(slots=True)
class Bill:
    """What the turns so far came to."""

    prices: CachePrices | None
    tokens: int = 0
    cost_usd: float = 0.0
    _last: Mapping[str, Any] = field(default_factory=dict)

    def add(self, body: Mapping[str, Any], dialect: Dialect) -> None:
        """Count one more turn."""
        tokens = count_body(body, dialect, body["model"])
        cached = count_body(common_start(self._last, body), dialect, body["model"]) if self._last else 0
        self.tokens += tokens
        if self.prices is not None:
            self.cost_usd += cached * self.prices.read_usd + (tokens - cached) * self.prices.write_usd
        self._last = body


@dataclass(slots=True)
class SessionRow:
    """A line of the table of sessions."""

    name: str
    turns: int
    before: Bill
    after: Bill
    needs: int = 0
    kept: int = 0


def read_sessions(folder: Path) -> list[ExampleSession]:
    """The sessions of a folder, by file name."""
    return [ExampleSession(**json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))]


def common_start(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The body that both begin with; without messages where tools or the system text differ."""
    pairs = zip(one["messages"], other["messages"], strict=False)
    is_same = all(one.get(name) == other.get(name) for name in ("tools", "system"))
    messages = [mine for mine, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)] if is_same else []
    return {**other, "messages": messages} if messages else {"model": other["model"], "messages": []}


def run_session(session: ExampleSession) -> SessionRow:
    """Optimize every turn, in order, with the memory of those before."""
    config, ports = OptimizerConfig.preset("balanced"), Ports(memory=InProcessMemory())
    prices = cache_prices(session.body["model"], session.dialect)
    row = SessionRow(session.name, 0, Bill(prices), Bill(prices))
    needs = {need["before"]: need["texts"] for need in session.needs}
    for at, body in session.requests():
        sent = optimize_body(body, session.dialect, config=config, ports=ports).body
        row.turns += 1
        row.before.add(body, session.dialect)
        row.after.add(sent, session.dialect)
        row.needs += len(needs.get(at, ()))
        row.kept += kept_needs(sent, needs.get(at, ()))
    return row
