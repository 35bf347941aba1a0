"""What the query means for the blocks that compete for the budget: the synonyms of its words, and the utility
of each block in parts, which the trace shows.

Before: "What about the price?", over budget, and a document that says "The costs are low."
After:  the same blocks; price -> costs 0.29, and for the document 0.48 = 0.4 * 0.57 similarity + ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial

from token_optimizer.models import Block, Meaning
from token_optimizer.optimizer.relevance.meaning.synonyms import synonyms
from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors
from token_optimizer.optimizer.relevance.names import numbers_of_names
from token_optimizer.optimizer.relevance.utility import parts_by_similarity
from token_optimizer.text.numbered_words import WordsOfTexts

# To read all of a text took as long as to find its words.
_MAX_CHARACTERS = 2_000

_Utilities = Mapping[str, Mapping[str, float]]


class _Utility(Mapping[str, float]):
    """The utility of a block, which is for those alone who read the trace: found when it is looked at."""

    __slots__ = ("_block_id", "_find_all")

    def __init__(self, block_id: str, find_all: Callable[[], _Utilities]) -> None:
        self._block_id = block_id
        self._find_all = find_all

    def __getitem__(self, part: str) -> float:
        return self._find_all()[self._block_id][part]

    def __iter__(self) -> Iterator[str]:
        return iter(self._find_all()[self._block_id])

    def __len__(self) -> int:
        return len(self._find_all()[self._block_id])

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type[dict[str, float]], tuple[dict[str, float]]]:
        """Another process gets the figures."""
        return dict, (dict(self),)


def meaning_of(query: str, blocks: Sequence[Block]) -> Meaning:
    """The meaning for these blocks. Raises StageSkipped where static vectors are not installed."""
    found = WordsOfTexts.of([query, *(block.content for block in blocks)])
    words = WordVectors.of_words(found.occurrences)
    find_all = cache(partial(_utilities, blocks, words))
    utilities = {block.id: _Utility(block.id, find_all) for block in blocks}
    return Meaning(utilities, synonyms(query, words), found)


def _utilities(blocks: Sequence[Block], words: WordVectors) -> _Utilities:
    """The utility of each block; the words are those of the query and of the blocks."""
    _, *names = numbers_of_names(words.words)
    newest = max(block.timestamp for block in blocks)
    utilities = {}
    for block, mentioned, similarity in zip(blocks, names, words.similarities(), strict=True):
        parts = parts_by_similarity(block, similarity, mentioned, newest, max_characters=_MAX_CHARACTERS)
        utilities[block.id] = {"score": round(parts.score, 3), **parts.as_dict()}
    return utilities
