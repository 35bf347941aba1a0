"""The sums of a replay as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from token_optimizer.cli.replay.logs.files import Reading
from token_optimizer.cli.replay.totals import RuleSum, Sum, Totals
from token_optimizer.cli.tables import number, share_cut, table

_SESSIONS = 10
_NUMBERS = frozenset(range(1, 8))
_RULE_HEAD = ("rule", "tokens cut", "gross", "net")
_SESSION_HEAD = ("session", "requests", "before", "sent", "cut", "net")
UNKNOWN = "-"


def usd_text(usd: Decimal) -> str:
    """Money with cents, under a dollar with four digits."""
    sign, size = "\u2212" if usd < 0 else "", abs(usd)
    if 0 < size < Decimal("0.0001"):
        return f"{sign}<$0.0001"
    return f"{sign}${size:,.2f}" if size >= 1 else f"{sign}${size:.4f}"


def report(totals: Totals, reading: Reading) -> str:
    """All of it."""
    parts = [*_head(totals, reading), "", *_tables(totals), *notes(totals, reading)]
    return "".join(f"{part}\n" for part in parts)


def _head(totals: Totals, reading: Reading) -> Iterator[str]:
    total = totals.all
    yield f"{total.requests:,} requests of {len(totals.by_session):,} sessions, from {source(reading)}"
    cut = share_cut(total.tokens_before, total.tokens_after)
    mark = "≈ " if totals.is_estimated else ""
    yield f"Tokens  {mark}{total.tokens_before:,} -> {total.tokens_after:,}, cut {cut}"
    if total.is_priced:
        yield (
            f"Input   {usd_text(total.before_usd)} -> {usd_text(total.after_usd)}, "
            f"cut {usd_share(total)}: {saving_text(total)}"
        )


def saving_text(total: Sum) -> str:
    """The net saving as what it is made of."""
    effect = usd_text(total.cache_effect_usd)
    return f"net {usd_text(total.net_usd)} = gross {usd_text(total.gross_usd)} \u2212 cache effect {effect}"


def usd_share(total: Sum) -> str:
    """How much less the input would have cost."""
    return share_cut(int(total.before_usd * 10**9), int(total.after_usd * 10**9))


def source(reading: Reading) -> str:
    """Whose logs were read."""
    return ", ".join(f"{name} ({count})" for name, count in reading.files.items())


def _tables(totals: Totals) -> Iterator[str]:
    priced = totals.all.is_priced
    if totals.by_rule:
        yield table(_RULE_HEAD, [_rule_row(rule, found, priced) for rule, found in totals.rules()], _NUMBERS)
    sessions = totals.sessions()
    yield table(_SESSION_HEAD, [_session_row(*found) for found in sessions[:_SESSIONS]], _NUMBERS)
    if len(sessions) > _SESSIONS:
        yield f"... and {len(sessions) - _SESSIONS:,} more sessions\n"


def _rule_row(rule: str, found: RuleSum, priced: bool) -> tuple[str, ...]:
    money = (found.gross_usd, found.net_usd)
    return rule, number(found.tokens), *(usd_text(usd) if priced else UNKNOWN for usd in money)


def _session_row(name: str, found: Sum) -> tuple[str, ...]:
    return (
        name[:36],
        f"{found.requests:,}",
        f"{found.tokens_before:,}",
        f"{found.tokens_after:,}",
        share_cut(found.tokens_before, found.tokens_after),
        usd_text(found.net_usd) if found.is_priced else UNKNOWN,
    )


def notes(totals: Totals, reading: Reading) -> Iterator[str]:
    """What a reader must know to take the figures for what they are."""
    if reading.unreadable_lines:
        yield f"{reading.unreadable_lines:,} lines could not be read."
    if totals.not_prompts:
        yield f"{totals.not_prompts:,} requests hold no prompt that can be read."
    if reading.unknown_files:
        yield f"{len(reading.unknown_files):,} files are of no program that is known here."
    if totals.all.unpriced:
        yield f"{totals.all.unpriced:,} requests have no price that is known here; they are in no dollars."
    if totals.is_estimated:
        yield "≈ The provider's tokenizer is not public: tokens are estimates."
    yield (
        "Dollars are those of input at list prices, both sides with a simulated prompt cache; "
        "answers cost the same."
    )
