"""The sums of what was replayed: of all of it, by rule, by session."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from token_optimizer.cli.replay.replaying import Replayed


@dataclass(slots=True)
class Sum:
    """Requests added up. Dollars are those of requests whose price is known; `unpriced` counts the others."""

    requests: int = 0
    tokens_before: int = 0
    tokens_after: int = 0
    before_usd: Decimal = Decimal(0)
    after_usd: Decimal = Decimal(0)
    gross_usd: Decimal = Decimal(0)
    unpriced: int = 0

    @property
    def net_usd(self) -> Decimal:
        """What the input would have cost less."""
        return self.before_usd - self.after_usd

    @property
    def cache_effect_usd(self) -> Decimal:
        """What of the gross saving the provider's cache had given anyway, or was lost in it."""
        return self.gross_usd - self.net_usd

    @property
    def is_priced(self) -> bool:
        return self.unpriced < self.requests

    def add(self, replayed: Replayed) -> None:
        """Add a request."""
        self.requests += 1
        self.tokens_before += replayed.tokens_before
        self.tokens_after += replayed.tokens_after
        if replayed.before_usd is None or replayed.after_usd is None or replayed.gross_usd is None:
            self.unpriced += 1
            return
        self.before_usd += replayed.before_usd
        self.after_usd += replayed.after_usd
        self.gross_usd += replayed.gross_usd

    def as_dict(self) -> dict[str, Any]:
        """The sum as JSON has it."""
        money = ("before_usd", "after_usd", "gross_usd", "net_usd", "cache_effect_usd")
        return {
            "requests": self.requests,
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "unpriced": self.unpriced,
            **{name: float(getattr(self, name)) if self.is_priced else None for name in money},
        }


@dataclass(slots=True)
class RuleSum:
    """What one rule cut. Of the cache's effect on a request each rule bears the share of its tokens."""

    tokens: int = 0
    gross_usd: Decimal = Decimal(0)
    net_usd: Decimal = Decimal(0)

    def as_dict(self) -> dict[str, Any]:
        """The sum as JSON has it."""
        return {"tokens": self.tokens, "gross_usd": float(self.gross_usd), "net_usd": float(self.net_usd)}


@dataclass(slots=True)
class Totals:
    """All sums of a replay."""

    all: Sum = field(default_factory=Sum)
    by_rule: dict[str, RuleSum] = field(default_factory=dict)
    by_session: dict[str, Sum] = field(default_factory=dict)
    is_estimated: bool = False
    not_prompts: int = 0

    def add(self, replayed: Replayed) -> None:
        """Add a request to each sum that it belongs to."""
        self.all.add(replayed)
        self.by_session.setdefault(replayed.session, Sum()).add(replayed)
        self.is_estimated = self.is_estimated or replayed.is_estimated
        self._add_rules(replayed)

    def rules(self) -> list[tuple[str, RuleSum]]:
        """The rules, that which cut most first."""
        return sorted(self.by_rule.items(), key=lambda found: -found[1].tokens)

    def sessions(self) -> list[tuple[str, Sum]]:
        """The sessions, that with the most tokens first."""
        return sorted(self.by_session.items(), key=lambda found: -found[1].tokens_before)

    def as_dict(self) -> dict[str, Any]:
        """All sums as JSON has them."""
        return {
            "total": self.all.as_dict(),
            "estimated": self.is_estimated,
            "not_prompts": self.not_prompts,
            "by_rule": [{"rule": rule, **found.as_dict()} for rule, found in self.rules()],
            "by_session": [{"session": name, **found.as_dict()} for name, found in self.sessions()],
        }

    def _add_rules(self, replayed: Replayed) -> None:
        cuts = replayed.cut_by_rule
        weight = sum(map(abs, cuts.values()))
        gross, net = replayed.gross_usd or Decimal(0), _net(replayed)
        saved = replayed.tokens_before - replayed.tokens_after
        for rule, tokens in cuts.items():
            found = self.by_rule.setdefault(rule, RuleSum())
            rule_gross = gross * tokens / saved if saved else Decimal(0)
            found.tokens += tokens
            found.gross_usd += rule_gross
            found.net_usd += rule_gross + (net - gross) * abs(tokens) / weight


def _net(replayed: Replayed) -> Decimal:
    if replayed.before_usd is None or replayed.after_usd is None:
        return Decimal(0)
    return replayed.before_usd - replayed.after_usd
