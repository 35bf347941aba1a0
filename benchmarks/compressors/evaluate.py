"""Holds learned choices of passages to the extractive summarizer, each on families it was not trained on.

    python -m benchmarks.compressors.evaluate --data DIR [--taught FAMILY ...]

The summarizer cuts the prose of each case at three rates; every other way then keeps, of the same passages,
those it finds best within the tokens that the summarizer came to. A learned way is trained on the other
families alone (those `--taught`, whose licences allow it). Prints the share of must-keep items left (%), mean
over the rates, how much more or less than the summarizer's that is, with a 95 % interval, and the speed.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from time import process_time

import numpy as np

from benchmarks.cases.cuts import by_chance, recall
from benchmarks.choice.summaries import RATES, text_size
from benchmarks.compressors.features import Features, features
from benchmarks.compressors.models import Example, Matrix, Worth, logistic, network, pairwise, trees
from benchmarks.compressors.passages import FAMILIES, Passages, load_passages
from token_optimizer.models import Block
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer

# In fewshot every example is needed whatever is asked: what is learned there is wrong everywhere else.
TAUGHT = ("chat_memory", "meeting_qa", "docs_questions")
# Between the most needed passages and the most needed for each token.
_LENGTH_POWER = 0.5
_DRAWS = 1000
# Cases of one text are one draw: texts are told by their beginning.
_BEGINNING_CHARS = 300

Scores = Callable[[Example], Matrix]
Train = Callable[[Sequence[Matrix], Sequence[Sequence[float]]], Worth]


@dataclass(frozen=True, slots=True)
class Cut:
    """What the summarizer made of a case: its tokens, and the share of items left, at each rate."""

    tokens: tuple[int, ...]
    recalls: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of choosing: `scores_for` makes it of the examples that it may learn from."""

    name: str
    scores_for: Callable[[Sequence[Example]], Scores]


@dataclass(frozen=True, slots=True)
class Result:
    """One way on one family: shares of 0..1 at each rate, and the mean gain over the summarizer."""

    recalls: tuple[float, ...]
    gain: float
    low: float
    high: float


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    examples, speed = timed_examples(load_passages(options.data))
    cuts = {example.passages.case: summarizer_cut(example.passages) for example in examples}
    print_row("", [*FAMILIES])
    print_row("extractive", [f"{100 * mean(_recalls(examples, cuts, family)):.1f}" for family in FAMILIES])
    for way in ways():
        results = [result_on(family, way, examples, cuts, options.taught) for family in FAMILIES]
        print_row(way.name, map(shown, results))
    print(f"features: {speed:,.0f} tokens a second")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--taught", nargs="+", default=TAUGHT, help="the families that models may learn from")
    return parser.parse_args(arguments)


def timed_examples(cases: Sequence[Passages]) -> tuple[list[Example], float]:
    """The cases with their features, and the tokens a second of CPU time, over texts not met before."""
    examples, seen, tokens, spent = [], set(), 0, 0.0
    for case in cases:
        started = process_time()
        examples.append(Example(case, features(case.query, case.texts, case.tokens)))
        if text_key(case) not in seen:
            spent += process_time() - started
            tokens += sum(case.tokens)
        seen.add(text_key(case))
    return examples, tokens / max(spent, 1e-9)


def text_key(case: Passages) -> str:
    return case.text[:_BEGINNING_CHARS]


def summarizer_cut(case: Passages) -> Cut:
    """The case cut by the extractive summarizer at each rate; sizes are of the text without markers."""
    block = Block(case.text, kind=case.kind)
    texts = [ExtractiveSummarizer().compress(block, rate, case.query or None).content for rate in RATES]
    return Cut(tuple(map(text_size, texts)), tuple(recall(text, case.items) for text in texts))


def ways() -> list[Way]:
    """The ways that are compared: without weights, and learned."""
    return [
        Way("chance", lambda _: _by_chance),
        Way("BM25", lambda _: lambda example: example.features.words["bm25"]),
        Way("nearest words", lambda _: lambda example: example.features.vectors["nearest words"]),
        Way("logistic, vectors", partial(trained, logistic, by_vectors)),
        Way("logistic, all", partial(trained, logistic, by_all)),
        Way("pairwise, vectors", partial(trained, pairwise, by_vectors)),
        Way("trees, words", partial(trained, trees, by_words)),
        Way("trees, vectors", partial(trained, trees, by_vectors)),
        Way("trees, all", partial(trained, trees, by_all)),
        Way("network, products", partial(trained, network, by_products)),
    ]


def by_words(found: Features) -> Matrix:
    """What compares words, and the length."""
    return np.column_stack([*found.words.values(), found.own["length"]])


def by_vectors(found: Features) -> Matrix:
    """Words, static vectors, and the length."""
    return np.column_stack([by_words(found), *found.vectors.values()])


def by_all(found: Features) -> Matrix:
    """All that is told of a passage, with what it is by itself and where it stands."""
    return np.column_stack([*found.words.values(), *found.vectors.values(), *found.own.values()])


def by_products(found: Features) -> Matrix:
    """Words, static vectors, and the products of the vectors themselves."""
    return np.column_stack([by_vectors(found), found.product])


def trained(train: Train, inputs: Callable[[Features], Matrix], examples: Sequence[Example]) -> Scores:
    """The scores of a model that learned from the examples."""
    matrices = [inputs(example.features) for example in examples]
    worth = train(matrices, [example.passages.needed for example in examples])

    def scores(example: Example) -> Matrix:
        tokens = np.maximum(1.0, np.array(example.passages.tokens, dtype=float))
        found: Matrix = worth(inputs(example.features)) / tokens**_LENGTH_POWER
        return found

    return scores


def _by_chance(example: Example) -> Matrix:
    return np.array(by_chance(len(example.passages.texts), random.Random(example.passages.case)), dtype=float)


def result_on(
    family: str,
    way: Way,
    examples: Sequence[Example],
    cuts: Mapping[str, Cut],
    taught: Sequence[str],
) -> Result:
    """The way on the family, learned from the other families alone."""
    scores = way.scores_for(learned_from(family, examples, taught))
    held_out = [example for example in examples if example.passages.family == family]
    recalls = [recalls_within(example, scores(example), cuts) for example in held_out]
    gains: dict[str, list[float]] = {}
    for example, found in zip(held_out, recalls, strict=True):
        gain = mean(found) - mean(cuts[example.passages.case].recalls)
        gains.setdefault(text_key(example.passages), []).append(gain)
    at_rates = tuple(mean(column) for column in zip(*recalls, strict=True))
    return Result(at_rates, *mean_and_interval(list(gains.values())))


def learned_from(family: str, examples: Sequence[Example], taught: Sequence[str]) -> list[Example]:
    """The examples of other families whose licences allow it."""
    return [
        example
        for example in examples
        if example.passages.trainable and example.passages.family in taught
        if example.passages.family != family
    ]


def recalls_within(example: Example, scores: Matrix, cuts: Mapping[str, Cut]) -> tuple[float, ...]:
    """The share of items left at each rate, in no more tokens than the summarizer came to."""
    case = example.passages
    order = np.argsort(-scores, kind="stable").tolist()
    return tuple(
        recall(best_within(case.texts, case.tokens, order, room), case.items)
        for room in cuts[case.case].tokens
    )


def best_within(texts: Sequence[str], tokens: Sequence[int], order: Iterable[int], room_tokens: int) -> str:
    """The first texts of the order that fit, in the order of the prompt; what does not fit is passed over."""
    kept = []
    for at in order:
        if tokens[at] <= room_tokens:
            kept.append(at)
            room_tokens -= tokens[at]
    return "".join(texts[at] for at in sorted(kept))


def mean_and_interval(groups: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """The mean of all values and its middle 95 %, by drawing whole groups anew (bootstrap): the cases of one
    text succeed and fail together."""
    sums, sizes = np.array([sum(group) for group in groups]), np.array([len(group) for group in groups])
    drawn = np.random.default_rng(0).integers(0, len(groups), (_DRAWS, len(groups)))
    low, high = np.percentile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return float(sums.sum() / sizes.sum()), float(low), float(high)


def _recalls(examples: Sequence[Example], cuts: Mapping[str, Cut], family: str) -> list[float]:
    return [
        mean(cuts[example.passages.case].recalls) for example in examples if example.passages.family == family
    ]


def shown(result: Result) -> str:
    share, gain, low, high = (
        100 * figure for figure in (mean(result.recalls), result.gain, result.low, result.high)
    )
    return f"{share:.1f} {gain:+.1f} [{low:+.1f}, {high:+.1f}]"


def print_row(name: str, columns: Iterable[str]) -> None:
    print(f"{name:<20}" + "".join(f"{column:>28}" for column in columns), flush=True)


if __name__ == "__main__":
    sys.exit(main())
