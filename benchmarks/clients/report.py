"""The table of the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.clients.comparison import Comparison
from benchmarks.clients.runner import Outcome

_HEAD = (
    "| Client | Version | Same result | Requests | Tokens, sent → received | Changed in bodies | Prefix "
    "| Rules of tools |",
    "|---|---|---|---|---|---|---|---|",
)


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """The clients that ran as a table, the others below it with the reason."""
    rows = [_row(outcome, outcome.comparison) for outcome in outcomes if outcome.comparison]
    troubles = [f"- {found.name} {found.version}: {found.trouble}" for found in outcomes if found.trouble]
    parts = ["\n".join([*_HEAD, *rows])] if rows else []
    if troubles:
        parts.append("Not run here:\n\n" + "\n".join(troubles))
    return "\n\n".join(parts) + "\n"


def _row(outcome: Outcome, found: Comparison) -> str:
    cells = (
        outcome.name,
        outcome.version,
        "yes" if outcome.same_result else "**no**",
        f"{found.requests}" + (f", {found.unmatched} unmatched" if found.unmatched else ""),
        f"{found.tokens_before:,} → {found.tokens_after:,}",
        ", ".join(f"`{name}`" for name in found.changed) or "nothing",
        _prefix(found),
        _rules(found),
    )
    return f"| {' | '.join(cells)} |"


def _prefix(found: Comparison) -> str:
    if not found.pairs:
        return "one turn"
    if found.broken_prefixes:
        return f"**broken** at {', '.join(map(str, found.broken_prefixes))} of {found.pairs}"
    return f"stable, {found.pairs} of {found.pairs}"


def _rules(found: Comparison) -> str:
    if not found.rules:
        return "no tools"
    kept = found.rules - len(found.lost_rules) - len(found.deferred_rules)
    deferred = f", {len(found.deferred_rules):,} to be read back" if found.deferred_rules else ""
    counts = f"{kept:,} of {found.rules:,}{deferred}"
    return counts if not found.lost_rules else f"**{counts}**"
