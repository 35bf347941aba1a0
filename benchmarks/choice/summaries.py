"""Holds the extractive summarizer to a choice by chance: which must-keep items are left at the same size?

    python -m benchmarks.choice.summaries --data DIR [--family NAME ...] [--jobs N]

The prose of each case is compressed to several rates, with the question and without it, by sumy's TextRank
alone, and by chance among the same passages (mean of some draws), each cut to the size that the summarizer
came to. Ends with 1 where the summarizer with the question does not keep 10 % more of the items than chance.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from statistics import mean

from benchmarks.cases.cuts import by_chance, first_of, recall
from benchmarks.cases.scoring import Case, load_cases
from benchmarks.cases.validity import content_text
from token_optimizer.cli.bench.matching import Haystack
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer, passages_of
from token_optimizer.optimizer.embedded.content import split_bulk
from token_optimizer.optimizer.relevance.text_rank import text_ranks
from token_optimizer.text.counting import token_counts

FAMILIES = ("chat_memory", "fewshot", "meeting_qa", "rag_qa")
RATES = (0.2, 0.35, 0.5)
MIN_GAIN = 1.1
_DRAWS = 4
_MARKER = re.compile(r"\[… [^\]\n]*\]")


@dataclass(frozen=True, slots=True)
class Compared:
    """One case at one rate: the size that was reached, and the items kept by each way of choosing."""

    family: str
    rate: float
    reached: float
    with_query: float
    without_query: float
    text_rank: float
    chance: float


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    cases = [case for case in load_cases(options.data) if case["family"] in options.family]
    compared = compared_cases(cases, options.jobs)
    if not compared:
        raise SystemExit(f"{options.data} holds no case of the families asked for")
    print_table(compared)
    ours, chance = (mean(map(attrgetter(name), compared)) for name in ("with_query", "chance"))
    return 0 if ours >= MIN_GAIN * chance else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--family", nargs="+", default=FAMILIES, help="the families whose bulk is prose")
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args(arguments)


def compared_cases(cases: Sequence[Case], jobs: int = 1) -> list[Compared]:
    """Every case at every rate."""
    if jobs == 1:
        return [found for case in cases for found in compared(case)]
    with ProcessPoolExecutor(jobs) as pool:
        return [found for several in pool.map(compared, cases, chunksize=2) for found in several]


def compared(case: Case) -> list[Compared]:
    """The case at every rate; none where its prose holds no item."""
    text = prose(case)
    haystack = Haystack(text)
    items = [item for item in case["must_retain"] if haystack.holds(item)]
    return [_compared(case, text, items, rate) for rate in RATES] if items else []


def prose(case: Case) -> str:
    """What users and the model said, and the documents, as one text."""
    said = [
        content_text(message.get("content")) for message in case["messages"] if message["role"] != "system"
    ]
    return "\n".join([*said, *(document["text"] for document in case.get("documents") or ())])


def _compared(case: Case, text: str, items: Sequence[object], rate: float) -> Compared:
    block = Block(text, kind=prose_kind(text))
    spans = passages_of(block)
    parts = [text[span.start : span.end] for span in spans]
    cut, blind = (_summarizer().compress(block, rate, query).content for query in (case.get("query"), None))
    reached = text_size(cut) / text_size(text)
    ranks = text_ranks(parts)
    central = sorted(range(len(parts)), key=lambda at: (-ranks[at], at))
    chance = random.Random(f"{case['id']} {rate}")
    draws = [first_of(parts, by_chance(len(parts), chance), reached) for _ in range(_DRAWS)]
    return Compared(
        case["family"],
        rate,
        reached,
        recall(cut, items),
        recall(blind, items),
        recall(first_of(parts, central, reached), items),
        mean(recall(draw, items) for draw in draws),
    )


def prose_kind(text: str) -> Kind:
    """A transcript where most of the text is one."""
    kind = max(split_bulk(text), key=lambda piece: len(piece.raw)).kind
    return Kind.TRANSCRIPT if kind is Kind.TRANSCRIPT else Kind.PROSE


@cache
def _summarizer() -> ExtractiveSummarizer:
    return ExtractiveSummarizer()


def text_size(text: str) -> int:
    """Tokens without the markers, which the other ways of choosing have none of."""
    return token_counts([_MARKER.sub("", text)])[0]


def print_table(compared: Iterable[Compared]) -> None:
    titles = ("family", "rate", "reached", "question", "no question", "TextRank", "chance")
    print(f"{titles[0]:<15}" + "".join(f"{title:>13}" for title in titles[1:]))
    key = attrgetter("family", "rate")
    rows = sorted(compared, key=key)
    for (family, rate), group in groupby(rows, key):
        _print_row(family, rate, list(group))
    _print_row("all", mean(row.rate for row in rows), rows)


def _print_row(family: str, rate: float, rows: Sequence[Compared]) -> None:
    figures = [mean(values) for values in zip(*(astuple(row)[2:] for row in rows), strict=True)]
    print(f"{family:<15}" + "".join(f"{100 * figure:>13.1f}" for figure in (rate, *figures)))


if __name__ == "__main__":
    sys.exit(main())
