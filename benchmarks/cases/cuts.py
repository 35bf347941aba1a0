"""Cuts of a prompt's text, good and bad ones, at several rates: what measures of compression are held to."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.cases.scoring import Case, prompt_text
from token_optimizer.cli.bench.matching import Haystack
from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.text.sentences import sentence_spans

RATES = (0.1, 0.25, 0.5, 0.75, 0.9)
_WORD = re.compile(r"\S+\s*")
# JSON may stand on one line without the end of a sentence.
_PIECE = re.compile(r"(?s).{1,300}(?:(?<=\s)|$)|.{1,300}")


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a text: `way` names how it was cut, `rate` is the share of characters aimed at."""

    way: str
    rate: float
    text: str


def case_text(case: Case) -> str:
    """What a model reads of the case, without the tools."""
    return prompt_text({name: case.get(name) for name in ("messages", "documents")})


def recall(text: str, items: Sequence[object]) -> float:
    """The share of the items that the text holds."""
    haystack = Haystack(text)
    return sum(haystack.holds(item) for item in items) / len(items)


def held_items(case: Case) -> list[object]:
    """The items of the case that stand in its text, not in its tools alone."""
    haystack = Haystack(case_text(case))
    return [item for item in case["must_retain"] if haystack.holds(item)]


def pieces(text: str) -> list[str]:
    """The sentences of the text, long ones in parts; joined, they are the text."""
    lines = text.splitlines(keepends=True)
    spans = ((line, *span) for line in lines for span in sentence_spans(line))
    return [piece for line, start, end in spans for piece in _PIECE.findall(line[start:end])]


def cuts(text: str, query: str, seed: str) -> Iterator[Cut]:
    """At each rate: pieces by chance, a run of them, those nearest to the question, and words by chance."""
    chance = random.Random(seed)
    parts = pieces(text)
    relevance = bm25(query, stems(parts))
    asked = sorted(range(len(parts)), key=lambda at: (-relevance[at], at))
    for rate in RATES:
        start = chance.randrange(len(parts))
        run = [*range(start, len(parts)), *range(start)]
        yield Cut("pieces", rate, first_of(parts, by_chance(len(parts), chance), rate))
        yield Cut("run", rate, first_of(parts, run, rate))
        yield Cut("asked", rate, first_of(parts, asked, rate))
        yield Cut("words", rate, "".join(word for word in _WORD.findall(text) if chance.random() < rate))


def by_chance(count: int, chance: random.Random) -> list[int]:
    """The numbers below `count` in an order of chance."""
    return chance.sample(range(count), count)


def first_of(parts: Sequence[str], order: Iterable[int], rate: float) -> str:
    """The first parts of the order that fill the share of the characters, joined in the text's order."""
    room = rate * sum(map(len, parts))
    kept = set()
    for at in order:
        if room <= 0:
            break
        kept.add(at)
        room -= len(parts[at])
    return "".join(parts[at] for at in sorted(kept))
