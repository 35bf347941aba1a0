"""What can be told cheaply of a passage: about the question, about itself, and about those beside it.

No feature knows the family of a case or anything of its source, so a model may be held to texts of a kind it
never saw.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.compression.faithfulness.critical_units import (
    has_directive,
    identifiers,
    is_negation,
)
from token_optimizer.optimizer.embeddings.static import static_embedder
from token_optimizer.optimizer.relevance.bm25 import bm25, bm25_with_synonyms
from token_optimizer.optimizer.relevance.meaning.synonyms import synonyms
from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors
from token_optimizer.optimizer.relevance.names import names
from token_optimizer.optimizer.relevance.text_rank import text_ranks
from token_optimizer.optimizer.relevance.words import stems

Column = NDArray[np.float64]

# Most of what a question says is in its first words, and the products grow with each.
_MAX_ASKED = 64
_FEEDBACK = 0.3
_SPEAKER = re.compile(r"\s*[^\n:]{1,40}:\s")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_DIGITS = re.compile(r"\d+")
_FIRST_PERSON = re.compile(r"\b(?:I|my|me|we|our)\b")
_ASKS_NUMBER = re.compile(
    r"\b(?:when|how (?:many|much|old|long|far|often)|what (?:year|date|time|age)|age)\b", re.I
)
_ASKS_NAME = re.compile(r"\b(?:who|whose|whom|where|which|name)\b", re.I)


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of the texts of one case: columns with a row for each text, by where they come from.

    `product` holds the products of each text's static vector and the question's, dimension by dimension.
    """

    words: Mapping[str, Column]
    vectors: Mapping[str, Column]
    own: Mapping[str, Column]
    product: NDArray[np.float64]


def features(query: str, texts: Sequence[str], tokens: Sequence[int]) -> Features:
    """All features of the texts, given with their tokens."""
    whole = static_embedder().embed([query, *texts]).astype(float)
    return Features(
        words=_with_others(_asked(query, texts), ("bm25", "bm25 with feedback")),
        vectors=_with_others(_by_vectors(query, texts, whole), ("nearest words",)),
        own=_own(texts, tokens) | _fits_question(query, texts),
        product=whole[1:] * whole[0],
    )


def _with_others(columns: dict[str, Column], spread: Sequence[str]) -> dict[str, Column]:
    """The columns, each also as ranks, and those to `spread` also as what the texts beside have."""
    ranked = {f"{name}, rank": _ranks(column) for name, column in columns.items()}
    beside = {f"{name}, {side}": column for name in spread for side, column in _beside(columns[name]).items()}
    return columns | ranked | beside


def _asked(query: str, texts: Sequence[str]) -> dict[str, Column]:
    """How much of what is asked stands in each text."""
    words = stems(texts)
    wanted = set(stems([query])[0])
    rarity = _rarity(words)
    weight = sum(rarity.get(word, 0.0) for word in wanted) or 1.0
    pairs = _neighbours(stems([query])[0])
    named = set(names(query))
    return {
        "bm25": np.array(bm25(query, words)),
        "bm25 with feedback": np.array(bm25(query, words, [_FEEDBACK] * len(words))),
        "share of the question": np.array(
            [sum(rarity[word] for word in wanted & set(said)) / weight for said in words]
        ),
        "pairs of words": np.array([len(pairs & _neighbours(said)) / max(1, len(pairs)) for said in words]),
        "names of the question": np.array([len(named & set(names(text))) for text in texts], dtype=float),
    }


def _by_vectors(query: str, texts: Sequence[str], whole: NDArray[np.float64]) -> dict[str, Column]:
    """How near the words of each text are to those asked, and the text as a whole to the question."""
    words = WordVectors.of([query, *texts])
    near = synonyms(query, words)
    nearest, strongest = _nearest_words(words, _rarity(stems(texts)))
    return {
        "cosine": whole[1:] @ whole[0],
        "near words": np.array(bm25_with_synonyms(near, stems(texts))) if near else np.zeros(len(texts)),
        "nearest words": nearest,
        "strongest word": strongest,
    }


def _nearest_words(words: WordVectors, rarity: dict[str, float]) -> tuple[Column, Column]:
    """For each text the mean over the asked words, the rare ones counting more, of the nearest word's cosine
    (as in ColBERT), and the highest."""
    asked, *found = words.texts
    asked = list(asked)[:_MAX_ASKED]
    nearest, strongest = np.zeros(len(found)), np.zeros(len(found))
    if not asked:
        return nearest, strongest
    names_of = list(words.rows)
    weights = np.array([rarity.get(names_of[row], 1.0) for row in asked])
    alike = words.vectors @ words.vectors[asked].T
    for at, rows in enumerate(found):
        if rows:
            best = alike[list(rows)].max(axis=0)
            nearest[at] = (best * weights).sum() / weights.sum()
            strongest[at] = (best * weights).max()
    return nearest, strongest


def _own(texts: Sequence[str], tokens: Sequence[int]) -> dict[str, Column]:
    """What each text is by itself, and where it stands."""
    words = stems(texts)
    rarity = _rarity(words)
    count = len(texts)
    places = np.arange(count)
    return {
        "length": np.log1p(np.array(tokens, dtype=float)),
        "place": places / max(1, count - 1),
        "near the start": 1 / (1 + places),
        "near the end": 1 / (count - places),
        "central": np.array(text_ranks(texts)),
        "rare words": np.array([sum(map(rarity.__getitem__, said)) / max(1, len(said)) for said in words]),
        "says something": np.array(
            [len(said) / max(1, len(text.split())) for said, text in zip(words, texts, strict=True)]
        ),
        "numbers": np.log1p([len(_DIGITS.findall(text)) for text in texts]),
        "identifiers": np.log1p([len(list(identifiers(text))) for text in texts]),
        "capitals": np.log1p([len(_CAPITAL.findall(text)) for text in texts]),
        "new words": _new_words(words),
        "directive": np.array([has_directive(text) for text in texts], dtype=float),
        "negation": np.array([is_negation(text) for text in texts], dtype=float),
        "first person": np.array([len(_FIRST_PERSON.findall(text)) > 0 for text in texts], dtype=float),
        "asks": (asks := np.array([text.rstrip().endswith("?") for text in texts], dtype=float)),
        "after a question": np.concatenate([[0.0], asks[:-1]]),
        "speaker": np.array([_SPEAKER.match(text) is not None for text in texts], dtype=float),
    }


def _fits_question(query: str, texts: Sequence[str]) -> dict[str, Column]:
    """Whether a text has the kind of thing that the question asks for."""
    number, name = _ASKS_NUMBER.search(query) is not None, _ASKS_NAME.search(query) is not None
    return {
        "asked number": np.array(
            [number and _DIGITS.search(text) is not None for text in texts], dtype=float
        ),
        "asked name": np.array([name and _CAPITAL.search(text) is not None for text in texts], dtype=float),
    }


def _beside(column: Column) -> dict[str, Column]:
    padded = np.pad(column, 3)
    size = len(column)
    return {
        "before": padded[2 : 2 + size],
        "behind": padded[4 : 4 + size],
        "around": np.mean([padded[at : at + size] for at in (0, 1, 2, 4, 5, 6)], axis=0),
    }


def _ranks(column: Column) -> Column:
    """The share of the texts that have less; so a column says the same in a text of any length."""
    order = np.sort(column)
    return np.searchsorted(order, column, side="left") / max(1, len(column))


def _rarity(words: Sequence[Sequence[str]]) -> dict[str, float]:
    seen = Counter(word for said in words for word in set(said))
    return {word: math.log(1 + len(words) / count) for word, count in seen.items()}


def _neighbours(words: Sequence[str]) -> set[tuple[str, str]]:
    return set(pairwise(words))


def _new_words(words: Sequence[Sequence[str]]) -> Column:
    """The share of each text's words that no text before it had."""
    seen: set[str] = set()
    shares = []
    for said in words:
        shares.append(len(set(said) - seen) / max(1, len(set(said))))
        seen.update(said)
    return np.array(shares)
