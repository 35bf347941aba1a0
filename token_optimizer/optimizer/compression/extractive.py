"""Compresses prose by leaving out whole sentences: what is kept stays as it was, byte for byte.

The value of a sentence grows with its relevance to the query (in its words and, where there are static
vectors, in similar ones), its centrality in the text, the names and numbers that it mentions first, and its
nearness to the beginning or the end. Sentences with directives stay in any case, and for each identifier the
most relevant sentence that mentions it; fenced code is no prose, and stays. Where these alone are most of
what the ratio asks for, the result is larger, so that room is left for the query. Each gap has a marker.

Before: "The mill closed in 1904. It had been built of stone. Errors of mill_7 go to the log. It was cold."
After:  "The mill closed in 1904. [… 1 passage left out] Errors of mill_7 go to the log."
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from token_optimizer.config import check_summarizer
from token_optimizer.errors import ConfigError
from token_optimizer.models import Block, Kind, Marker, Passage
from token_optimizer.optimizer.compression.faithfulness.critical_units import has_directive, identifiers
from token_optimizer.optimizer.compression.rates import check_ratio
from token_optimizer.optimizer.compression.result import with_compressed_text
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.prose.passages import document_passages, prose_passages, spoken_passages
from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.meaning.word_similarity import word_similarities
from token_optimizer.optimizer.relevance.names import NAME_WEIGHT, name_facts
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.optimizer.selection.candidate_table import Candidate
from token_optimizer.optimizer.selection.choice import choose
from token_optimizer.optimizer.selection.kept_passages import keep_sentences
from token_optimizer.text.counting import token_counts

# The values of the most relevant passage, the most central one and the first one, and the weight of names.
# Beside relevance the others only decide between equals; without a query they are all there is.
_RELEVANCE_VALUE = 2.0
_CENTRAL_VALUE = 0.1
_POSITION_VALUE = 0.05
_FACT_SHARE = 0.1
# The share of its relevance that a passage gives to its neighbors, and the weights of feedback words and of
# similar words beside the words of the query.
_NEIGHBOR_WEIGHT = 0.3
_FEEDBACK_WEIGHT = 0.3
_SIMILARITY_WEIGHT = 1.0
_LENGTH_POWER = 1.15
_USUAL_TOKENS = 25
# The share of the room that is for the query, whatever has to stay.
_MIN_FREE = 0.5
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
# Status codes and the like: at least three digits, and no year.
_CODE_NUMBER = re.compile(r"(?<![\w.,])(?!(?:1[0-9]|20)\d\d\b)\d{3,}(?![\w,]|\.\d)")
_PASSAGES: dict[Kind, Callable[[str, str | None, tuple[Marker, ...]], list[Passage]]] = {
    Kind.TRANSCRIPT: spoken_passages,
    Kind.DOCUMENT: document_passages,
}


class ExtractiveSummarizer:
    """Needs the package numpy, and no model. `summarizer` says which sentences are central: textrank, or
    sumy's lexrank, lsa, luhn or kl."""

    def __init__(self, summarizer: str = "textrank") -> None:
        check_summarizer(summarizer)
        try:
            self._central = _central_ranks(summarizer)
        except ImportError as error:
            raise ConfigError(
                "ExtractiveSummarizer needs the package numpy: pip install 'token-optimizer[compression]'"
            ) from error

    def compress(self, block: Block, ratio: float, query: str | None = None) -> Block:
        """The block with about that share of its tokens; unchanged where that saves nothing.

        What is `must_keep` or `verbatim` stays as it is.
        """
        check_ratio(ratio)
        if block.must_keep or block.verbatim:
            return block
        text = MarkedText.of(block)
        passages = passages_of(block)
        kept = self._kept(text.text, passages, ratio, query)
        if len(kept) == len(passages):
            return block
        shorter = keep_sentences(text, passages, kept)
        before, after = token_counts([text.text, shorter.text])
        if after >= before:
            return block
        return with_compressed_text(block, shorter, after)

    def drafts(
        self,
        blocks: Sequence[Block],
        ratio: float,
        query: str | None = None,
        timeout_seconds: float | None = None,
    ) -> list[Block]:
        """Each block as `compress` gives it; a cut takes milliseconds, so the timeout is not looked at."""
        return [self.compress(block, ratio, query) for block in blocks]

    def _kept(
        self, text: str, passages: Sequence[Passage], ratio: float, query: str | None
    ) -> frozenset[int]:
        """The indexes of the passages that stay."""
        texts = [text[passage.start : passage.end] for passage in passages]
        tokens = token_counts(texts)
        values = self._values(texts, query)
        required = _required(texts, values)
        room = round(ratio * sum(tokens))
        free = max(room - sum(tokens[place] for place in required), round(_MIN_FREE * room))
        candidates = [
            _candidate(place, tokens[place], value, text)
            for place, (text, value) in enumerate(zip(texts, values, strict=True))
            if place not in required
        ]
        return required | {place for _, place in choose(candidates, free, {})}

    def _values(self, texts: Sequence[str], query: str | None) -> list[float]:
        parts = zip(_relevance(query or "", texts), self._central(texts), _positions(len(texts)), strict=True)
        return [
            _RELEVANCE_VALUE * relevant + _CENTRAL_VALUE * central + _POSITION_VALUE * place
            for relevant, central, place in parts
        ]


def passages_of(block: Block) -> list[Passage]:
    """The passages that may be left out, as the kind of the text asks for."""
    return _PASSAGES.get(block.kind, prose_passages)(block.content, None, block.markers)


def _central_ranks(summarizer: str) -> Callable[[Sequence[str]], list[float]]:
    """The function that ranks passages; what it imports is only loaded where it is wanted."""
    if summarizer == "textrank":
        from token_optimizer.optimizer.relevance.text_rank import text_ranks

        return text_ranks
    from token_optimizer.optimizer.relevance.sumy_ranks import sumy_ranks

    return sumy_ranks(summarizer)


def _relevance(query: str, texts: Sequence[str]) -> list[float]:
    """The relevance of each passage and its neighbors to the query, in the same words or in similar ones."""
    same = bm25(query, stems(texts), [_FEEDBACK_WEIGHT] * len(texts))
    similar = word_similarities(query, texts)
    return _with_neighbors(
        [one + _SIMILARITY_WEIGHT * other for one, other in zip(same, similar, strict=True)]
    )


def _candidate(place: int, tokens: int, value: float, text: str) -> Candidate:
    facts = {name: _FACT_SHARE * weight for name, weight in name_facts(text, NAME_WEIGHT).items()}
    # Slightly more than in proportion to its length: what a long passage leaves open is less.
    return Candidate(0, place, tokens, value * (tokens / _USUAL_TOKENS) ** _LENGTH_POWER, facts)


def _required(texts: Sequence[str], values: Sequence[float]) -> frozenset[int]:
    """The passages with directives or fenced code, and the best ones that together mention every identifier
    and code."""
    stays = {place for place, text in enumerate(texts) if has_directive(text) or _FENCE.search(text)}
    mentioned = {name for place in stays for name in _identifiers_and_codes(texts[place])}
    for place in sorted(range(len(texts)), key=lambda place: (-values[place], place)):
        new = _identifiers_and_codes(texts[place]) - mentioned
        if new:
            stays.add(place)
            mentioned |= new
    return frozenset(stays)


def _identifiers_and_codes(text: str) -> set[str]:
    return {*identifiers(text), *_CODE_NUMBER.findall(text)}


def _positions(count: int) -> list[float]:
    """1 for the first passage and less for each after it; the last one counts half as much."""
    return [max(1 / (1 + place), 0.5 / (count - place)) for place in range(count)]


def _with_neighbors(scores: Sequence[float]) -> list[float]:
    """The scores, each with a share of those beside it."""
    padded = [0.0, *scores, 0.0]
    return [score + _NEIGHBOR_WEIGHT * (padded[at] + padded[at + 2]) for at, score in enumerate(scores)]
