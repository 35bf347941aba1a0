"""The tables of the documentation: a row for each compressor, and what each does to each family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.cases.scoring import FamilyScore, family_scores
from benchmarks.peers.answers import Outcome

_ALL = "all, by tokens"


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """Those that ran as tables, the others below with the reason."""
    ran = [outcome for outcome in outcomes if outcome.scores]
    parts = ["\n".join(_summary(ran)), "\n".join(_by_family(ran))] if ran else []
    troubles = [
        f"- {found.peer.name} {found.version}: {found.trouble}" for found in outcomes if found.trouble
    ]
    if troubles:
        parts.append("Not run here:\n\n" + "\n".join(troubles))
    return "\n\n".join(parts) + "\n"


def _summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "| | Compressor | Version | removed % | kept % | whole cases % | valid % | CPU s | failed cases |"
    yield "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for number, outcome in enumerate(outcomes, 1):
        total = _total(outcome)
        shares = (total.reduction, total.macro_recall, total.full, total.valid)
        seconds = total.ms_per_1k * total.tokens / 1_000_000
        cells = (*(f"{share:.1f}" for share in shares), f"{seconds:.1f}", str(len(outcome.errors)))
        yield f"| {number} | {outcome.peer.name} | {outcome.version} | {' | '.join(cells)} |"


def _by_family(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Columns bear the numbers of the first table, whose names would make them too wide."""
    yield f"| removed / kept % | {' | '.join(str(number) for number in range(1, len(outcomes) + 1))} |"
    yield "| --- |" + " ---: |" * len(outcomes)
    scores = [family_scores(outcome.scores) for outcome in outcomes]
    for rows in zip(*scores, strict=True):
        cells = (f"{row.reduction:.1f} / {row.macro_recall:.1f}" for row in rows)
        yield f"| {rows[0].family} | {' | '.join(cells)} |"


def _total(outcome: Outcome) -> FamilyScore:
    """All cases as one family: tokens together, cases alike."""
    return family_scores([replace(score, family=_ALL) for score in outcome.scores])[0]
