"""The sums of a replay as one page of HTML that asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from importlib.resources import files
from string import Template

from token_optimizer.cli.replay.logs.files import Reading
from token_optimizer.cli.replay.report import UNKNOWN, notes, saving_text, source, usd_share, usd_text
from token_optimizer.cli.replay.totals import Sum, Totals
from token_optimizer.cli.tables import number, share_cut

_MAX_SESSIONS = 500


def page(totals: Totals, reading: Reading) -> str:
    """The whole page."""
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    total = totals.all
    return template.substitute(
        hero=f"Cut {share_cut(total.tokens_before, total.tokens_after)} of the tokens{_of_money(total)}",
        money=_money(total),
        source=escape(
            f"{total.requests:,} requests of {len(totals.by_session):,} sessions, from {source(reading)}"
        ),
        bar=_total_bar(totals),
        rules=_rules(totals),
        sessions=_sessions(totals),
        notes="".join(f"<p>{escape(note)}</p>" for note in notes(totals, reading)),
    )


def _of_money(total: Sum) -> str:
    return f", {usd_share(total)} of the dollars" if total.is_priced else ""


def _money(total: Sum) -> str:
    if not total.is_priced:
        return "No price is known here for these models."
    paid = f"{usd_text(total.before_usd)} \u2192 {usd_text(total.after_usd)} for input."
    return f'{paid} <span class="{_tone(total.net_usd)}">{escape(saving_text(total))}</span>'


def _tone(usd: Decimal) -> str:
    return "lost" if usd < 0 else "saved"


def _total_bar(totals: Totals) -> str:
    total = totals.all
    mark = "≈ " if totals.is_estimated else ""
    label = f"{mark}{total.tokens_before:,} tokens before, {total.tokens_after:,} sent"
    return f"{_bar(total.tokens_before, total.tokens_after, total.tokens_before)}<p>{label}</p>"


def _bar(before: int, after: int, largest: int) -> str:
    """What came, pale, and over it what would have been sent."""
    widths = (min(100 * tokens / max(largest, 1), 100) for tokens in (before, after))
    bars = "".join(
        f'<rect class="{name}" width="{width:.2f}%" height="100%"/>'
        for name, width in zip(("before", "sent"), widths, strict=True)
    )
    return f'<svg role="img" aria-label="{before:,} before, {after:,} sent">{bars}</svg>'


def _rules(totals: Totals) -> str:
    priced = totals.all.is_priced
    rows = [
        (
            escape(rule),
            number(found.tokens),
            _usd(found.gross_usd, priced),
            _usd(found.net_usd, priced),
        )
        for rule, found in totals.rules()
    ]
    return _table(("Rule", "Tokens cut", "Gross", "Net"), rows)


def _sessions(totals: Totals) -> str:
    found = totals.sessions()[:_MAX_SESSIONS]
    largest = found[0][1].tokens_before if found else 0
    rows = [
        (
            escape(name),
            f"{one.requests:,}",
            f"{one.tokens_before:,}",
            f"{one.tokens_after:,}",
            share_cut(one.tokens_before, one.tokens_after),
            _usd(one.net_usd, one.is_priced),
            _bar(one.tokens_before, one.tokens_after, largest),
        )
        for name, one in found
    ]
    return _table(("Session", "Requests", "Before", "Sent", "Cut", "Net", "Tokens"), rows)


def _usd(usd: Decimal, is_known: bool) -> str:
    return f'<span class="{_tone(usd)}">{escape(usd_text(usd))}</span>' if is_known else UNKNOWN


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(f'<th scope="col">{name}</th>' for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<thead><tr>{cells}</tr></thead><tbody>{lines}</tbody>"
