"""What each rule saved of one request, less what was wanted again of what it had cut.

The tokens that a rule cut are worth their list price. Of what the provider's cache takes from the saving, and
of what breakpoints of ours add to it, each rule bears the share of its tokens. What was read back is charged
to the rule that had cut it, and so is the result of a tool that was called again, at list price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from optimizer_app.receipts.bill import usd_text
from optimizer_app.receipts.saving import Prices

Rule = tuple[str, str]
_MONEY = ("gross_usd", "net_usd", "read_back_usd", "re_read_usd")


@dataclass(frozen=True, slots=True)
class RuleSaving:
    """What one rule came to on blocks of one kind: `tokens` cut, by our count, of what was sent before too.
    Negative where it added more than it cut."""

    rule: str
    kind: str
    tokens: int
    gross_usd: Decimal
    net_usd: Decimal
    read_back_usd: Decimal = Decimal(0)
    re_read_usd: Decimal = Decimal(0)

    @property
    def wanted_usd(self) -> Decimal:
        """What it cost that what it had cut was wanted again."""
        return self.read_back_usd + self.re_read_usd

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        money = {name: usd_text(getattr(self, name)) for name in _MONEY}
        return {"rule": self.rule, "kind": self.kind, "tokens": self.tokens, **money}

    @classmethod
    def from_dict(cls, saving: Mapping[str, Any]) -> Self:
        money = {name: Decimal(saving[name]) for name in _MONEY}
        return cls(saving["rule"], saving["kind"], saving["tokens"], **money)


@dataclass(slots=True)
class _Tokens:
    """What one rule cut, and what of that was wanted again."""

    cut: int = 0
    read: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True)
class WorkedOn:
    """What was done to the blocks of a request, and what was wanted again, as its trace has it."""

    blocks: Sequence[Mapping[str, Any]] = ()
    read_backs: Sequence[Mapping[str, Any]] = ()
    re_reads: Sequence[Mapping[str, Any]] = field(default=())


def savings_by_rule(work: WorkedOn, prices: Prices, usd_per_token: Decimal) -> list[RuleSaving]:
    """The saving of each rule, the largest first; nothing where it is not known what was saved.

    `usd_per_token` is the list price of one of our tokens.
    """
    effect = prices.cache_effect_usd
    if effect is None:
        return []
    rules = _tokens_by_rule(work)
    weight = sum(abs(tokens.cut) for tokens in rules.values())
    read = sum(tokens.read for tokens in rules.values())
    shared = (prices.breakpoints_usd or Decimal(0)) - effect
    savings = []
    for (rule, kind), tokens in rules.items():
        gross = tokens.cut * usd_per_token
        bears = shared * abs(tokens.cut) / weight if weight else Decimal(0)
        read_back = (prices.read_back_usd or Decimal(0)) * tokens.read / read if read else Decimal(0)
        again = tokens.again * usd_per_token
        net = gross + bears - read_back - again
        savings.append(RuleSaving(rule, kind, tokens.cut, gross, net, read_back, again))
    return sorted(savings, key=lambda saving: -saving.net_usd)


def _tokens_by_rule(work: WorkedOn) -> dict[Rule, _Tokens]:
    found: dict[Rule, _Tokens] = {}
    kinds = {block["id"]: str(block.get("kind", "")) for block in work.blocks}
    for block in work.blocks:
        cut = block["tokens_before"] - block["tokens_after"]
        if cut and (rule := _rule_of(block)):
            found.setdefault((rule, kinds[block["id"]]), _Tokens()).cut += cut
    for rule, kind, tokens in _charged(work.read_backs, kinds):
        found.setdefault((rule, kind), _Tokens()).read += tokens
    for rule, kind, tokens in _charged(work.re_reads, kinds):
        found.setdefault((rule, kind), _Tokens()).again += tokens
    return found


def _charged(calls: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]) -> Iterable[tuple[str, str, int]]:
    for call in calls:
        if call["stage"] and call.get("found", True):
            yield call["stage"], kinds.get(call.get("block", ""), ""), call["tokens"]


def _rule_of(block: Mapping[str, Any]) -> str:
    """The rule that changed the block."""
    # Imported when it is first needed: with it comes all of the optimizer.
    from token_optimizer.optimizer.rule_names import rule_of

    return rule_of(str(block["stage"]), str(block["reason"]))
