"""Scores as a table with a row for each family, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import orjson

from token_optimizer.cli.bench.scoring import Score
from token_optimizer.cli.tables import number, share_cut, table

_HEAD = ("case", "cases", "before", "after", "cut", "kept", "over budget", "ms")
_NUMBERS = frozenset(range(1, 8))
TOTAL = "all"


def report(scores: Sequence[Score]) -> str:
    """The table, and each text that went, under the name of its case."""
    families: dict[str, list[Score]] = {}
    for score in scores:
        families.setdefault(score.family, []).append(score)
    rows = [_row(name, found) for name, found in families.items()]
    total = [_row(TOTAL, scores)] if len(families) > 1 else []
    return table(_HEAD, [*rows, *total], _NUMBERS) + "".join(f"{line}\n" for line in _lost(scores))


def _row(name: str, scores: Sequence[Score]) -> tuple[str, ...]:
    before, after = sum(score.tokens_before for score in scores), sum(score.tokens_after for score in scores)
    items = sum(score.items for score in scores)
    kept = items - sum(len(score.missed) + len(score.absent) for score in scores)
    return (
        name,
        number(len(scores)),
        number(before),
        number(after),
        share_cut(before, after),
        f"{number(kept)} of {number(items)}",
        number(sum(score.over_budget for score in scores)),
        number(round(sum(score.milliseconds for score in scores))),
    )


def _lost(scores: Sequence[Score]) -> Iterator[str]:
    for score in scores:
        yield from (f"{score.name}: went: {text}" for text in score.missed)
        yield from (f"{score.name}: was not in the prompt: {text}" for text in score.absent)
    if any(score.estimated for score in scores):
        yield "Tokens are estimates for models whose tokenizer is not public."


def as_json(scores: Sequence[Score]) -> str:
    """Every case with its figures."""
    return orjson.dumps(
        [asdict(score) for score in scores], option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    ).decode()
