"""What each way to rank passages keeps of what the question needs, and what it costs.

    python -m benchmarks.choice.ablations --data DIR [--family NAME ...] [--cases 10] [--no-transformer]

Every ranking gets the same passages of a case, and keeps those it ranks first while they fit: the budget is
met to the token, markers are not counted, and nothing but the ranking decides. `with MMR` picks one passage
after the other, each the less like those before it. `product` is the optimizer itself, with markers, facts,
neighbours and titles. DIR is as for `benchmarks.quality`; times are CPU time of all threads, of texts never
seen before.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases.compressor import compress
from benchmarks.cases.scoring import Case, load_cases, score_case
from token_optimizer.cli.bench.matching import Haystack
from token_optimizer.dialects.bodies import detect_dialect, framing_tokens
from token_optimizer.models import Block, Kind, Passage, Prompt
from token_optimizer.optimizer.embedded.worked.passages import example_passages
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.prose.passages import document_passages, prose_passages, spoken_passages
from token_optimizer.optimizer.relevance.bm25 import bm25, bm25_with_synonyms
from token_optimizer.optimizer.relevance.meaning.synonyms import synonyms
from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors
from token_optimizer.optimizer.relevance.mmr import chosen_by_mmr
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.optimizer.semantic import EmbeddingService, static_embedder
from token_optimizer.text.cache import forget_texts
from token_optimizer.text.counting import token_counts

FAMILIES = ("rag_qa", "chat_memory", "meeting_qa", "fewshot")
_PASSAGES: Mapping[Kind, Callable[[str], list[Passage]]] = {
    Kind.DOCUMENT: document_passages,
    Kind.EXAMPLES: example_passages,
    Kind.PROSE: prose_passages,
    Kind.TRANSCRIPT: spoken_passages,
}
_MMR_LAMBDA = 0.7
_SECOND_LOOK = 100
# What is added to a rank in reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009).
_RANK_OFFSET = 60

Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]


@dataclass(slots=True)
class Cut:
    """A case as passages to choose from: `fixed` text stays, `room_tokens` are left for passages."""

    case: Case
    query: str
    fixed: list[str]
    passages: list[str]
    tokens: list[int]
    room_tokens: int
    scores: dict[str, Scores] = field(default_factory=dict)
    vectors: dict[str, Vectors] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A way to rank: one measure, or several fused by reciprocal rank; `vectors` are those that MMR reads."""

    name: str
    measures: tuple[str, ...]
    vectors: str = "static"


RANKINGS = (
    Ranking("BM25", ("bm25",)),
    Ranking("static", ("static",)),
    Ranking("transformer", ("transformer",), "transformer"),
    Ranking("BM25 with near words", ("near",)),
    Ranking("BM25, static fused", ("bm25", "static")),
    Ranking("BM25, transformer fused", ("bm25", "transformer"), "transformer"),
    Ranking("near words, transformer fused", ("near", "transformer"), "transformer"),
    Ranking("near words, transformer on the best 100", ("second look",)),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--family", nargs="+", default=FAMILIES)
    parser.add_argument("--cases", type=int, help="at most so many of each family, taken evenly")
    parser.add_argument("--no-transformer", action="store_true", help="only what takes seconds, not minutes")
    options = parser.parse_args(arguments)
    wanted = [ranking for ranking in RANKINGS if not (options.no_transformer and _is_slow(ranking))]
    for family in options.family:
        cases = [case for case in load_cases(options.data) if case["family"] == family]
        if not cases:
            raise SystemExit(f"{options.data} holds no case of {family}")
        print_family(family, spread(cases, options.cases), wanted)


def spread(cases: Sequence[Case], most: int | None) -> Sequence[Case]:
    """At most so many of the cases, from all over them."""
    return cases if most is None else cases[:: max(1, -(-len(cases) // most))]


def print_family(family: str, cases: Sequence[Case], rankings: Sequence[Ranking]) -> None:
    """A table of the family, in Markdown."""
    cuts = [measured(cut_of(case), rankings) for case in cases]
    print(f"\n| {family}, {len(cases)} cases | macro recall % | with MMR | ms per 1k | with MMR |")
    print("| --- | --- | --- | --- | --- |")
    for ranking in rankings:
        plain, mmr = _figures(cuts, ranking, mmr=False), _figures(cuts, ranking, mmr=True)
        print(f"| {ranking.name} | {plain[0]:.1f} | {mmr[0]:.1f} | {plain[1]:.1f} | {mmr[1]:.1f} |")
    recall, ms = _product(cases)
    print(f"| product | {recall:.1f} | - | {ms:.1f} (the whole optimizer) | - |", flush=True)


def cut_of(case: Case) -> Cut:
    """The case's passages, by the rules of the product, and what cannot be cut."""
    prompt = _prompt(case)
    fixed: list[str] = []
    passages: list[str] = []
    for block in prompt.blocks:
        found = _passages_of(block)
        passages += [block.content[passage.start : passage.end] for passage in found]
        fixed += _between(block.content, found)
    room = case["budget_tokens"] - framing_tokens(prompt.body, prompt.dialect) - sum(token_counts(fixed))
    return Cut(case, prompt.query or "", fixed, passages, token_counts(passages), room)


def _prompt(case: Case) -> Prompt:
    body = {name: case[name] for name in ("messages", "tools") if case.get(name)}
    dialect = detect_dialect(body["messages"], body.get("tools"))
    return canonicalize(body, dialect, documents=case.get("documents"), query=case.get("query"))


def _passages_of(block: Block) -> list[Passage]:
    rule = _PASSAGES.get(block.kind)
    return rule(block.content) if rule and not block.verbatim and block.slot is not None else []


def _between(text: str, passages: Sequence[Passage]) -> list[str]:
    """The titles and other text that is no passage."""
    ends = [0, *(end for passage in passages for end in (passage.start, passage.end)), len(text)]
    return [text[start:end] for start, end in list(pairwise(ends))[::2] if start < end]


def measured(cut: Cut, rankings: Sequence[Ranking]) -> Cut:
    """The cut with the scores of every measure that the rankings need, and what each took."""
    forget_texts()
    for name in dict.fromkeys(name for ranking in rankings for name in (*ranking.measures, ranking.vectors)):
        started = process_time()
        cut.scores[name] = _MEASURES[name](cut)
        cut.seconds[name] = process_time() - started
    return cut


def _bm25(cut: Cut) -> Scores:
    return np.array(bm25(cut.query, stems(cut.passages)), dtype=np.float32)


def _near(cut: Cut) -> Scores:
    words = stems(cut.passages)
    asked = np.array(bm25(cut.query, words), dtype=np.float32)
    by_synonyms = bm25_with_synonyms(synonyms(cut.query, WordVectors.of([cut.query, *cut.passages])), words)
    return (asked + np.array(by_synonyms, dtype=np.float32)) / 2


def _static(cut: Cut) -> Scores:
    cut.vectors["static"] = static_embedder().embed(cut.passages)
    return cut.vectors["static"] @ static_embedder().embed([cut.query])[0]


def _transformer(cut: Cut) -> Scores:
    cut.vectors["transformer"] = _service().embed(cut.passages)
    return cut.vectors["transformer"] @ _service().embed_queries([cut.query])[0]


def _second_look(cut: Cut) -> Scores:
    """The near-word scores, and for the best of them what the transformer says as well."""
    scores = _near(cut)
    best = np.argsort(-scores, kind="stable")[:_SECOND_LOOK]
    forget_texts()
    found = _service().embed([cut.passages[at] for at in best]) @ _service().embed_queries([cut.query])[0]
    scores[best] += 1 + found
    return scores


_MEASURES: Mapping[str, Callable[[Cut], Scores]] = {
    "bm25": _bm25,
    "near": _near,
    "static": _static,
    "transformer": _transformer,
    "second look": _second_look,
}


@cache
def _service() -> EmbeddingService:
    return EmbeddingService()


def _is_slow(ranking: Ranking) -> bool:
    return not {"bm25", "near", "static"}.issuperset(ranking.measures)


def _figures(cuts: Sequence[Cut], ranking: Ranking, *, mmr: bool) -> tuple[float, float]:
    """Macro recall in percent, and milliseconds per 1,000 tokens of the prompts."""
    recalls, seconds = [], 0.0
    for cut in cuts:
        started = process_time()
        order = _order(cut, ranking, mmr=mmr)
        seconds += process_time() - started + sum(cut.seconds[name] for name in _needed(ranking, mmr))
        recalls.append(recall(cut, order))
    return 100 * sum(recalls) / len(recalls), 1e6 * seconds / sum(cut.case["n_tokens"] for cut in cuts)


def _needed(ranking: Ranking, mmr: bool) -> set[str]:
    return {*ranking.measures, *([ranking.vectors] if mmr else [])}


def _order(cut: Cut, ranking: Ranking, *, mmr: bool) -> Sequence[int]:
    scores = [cut.scores[name] for name in ranking.measures]
    relevance = scores[0] if len(scores) == 1 else _fused(scores)
    if not len(relevance) or not mmr:
        return np.argsort(-relevance, kind="stable").tolist()
    share = relevance / max(float(relevance.max()), 1e-9)
    return chosen_by_mmr(cut.vectors[ranking.vectors], share, _MMR_LAMBDA, len(share))


def _fused(scores: Sequence[Scores]) -> Scores:
    """Reciprocal rank fusion: what several rank high comes first."""
    total = np.zeros(len(scores[0]), dtype=np.float32)
    for each in scores:
        ranks = np.empty(len(each))
        ranks[np.argsort(-each, kind="stable")] = np.arange(1, len(each) + 1)
        total += 1 / (_RANK_OFFSET + ranks)
    return total


def recall(cut: Cut, order: Sequence[int]) -> float:
    """The share of the case's items that the passages hold which come first and fit."""
    kept = sorted(_fitting(cut, order))
    haystack = Haystack("\n".join([*cut.fixed, *(cut.passages[at] for at in kept)]))
    items: Sequence[Mapping[str, Any]] = cut.case["must_retain"]
    return sum(haystack.holds(item) for item in items) / len(items)


def _fitting(cut: Cut, order: Sequence[int]) -> Iterator[int]:
    room = cut.room_tokens
    for at in order:
        if cut.tokens[at] <= room:
            room -= cut.tokens[at]
            yield at


def _product(cases: Sequence[Case]) -> tuple[float, float]:
    forget_texts()
    started = process_time()
    for case in cases:
        compress(
            **{name: case.get(name) for name in ("messages", "tools", "documents", "query", "budget_tokens")}
        )
    spent = process_time() - started
    recalls = [score_case(case, compress).recall for case in cases]
    return 100 * sum(recalls) / len(recalls), 1e6 * spent / sum(case["n_tokens"] for case in cases)


if __name__ == "__main__":
    main()
