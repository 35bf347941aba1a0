"""What the query means for the blocks that compete for the budget: the synonyms of its words, and the utility
of each block in parts, which the trace shows.

Before: "What about the price?", over budget, and a document that says "The costs are low."
After:  the same blocks; price -> costs 0.29, and for the document 0.48 = 0.4 * 0.57 similarity + ...
"""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.models import Block, Meaning
from token_optimizer.optimizer.relevance.meaning.synonyms import synonyms
from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors
from token_optimizer.optimizer.relevance.names import numbers_of_names
from token_optimizer.optimizer.relevance.utility import parts_by_similarity
from token_optimizer.text.numbered_words import words_of_texts

# The utility is for the trace alone, and to read all texts for it took as long as to find their words.
_MAX_CHARACTERS = 2_000


def meaning_of(query: str, blocks: Sequence[Block]) -> Meaning:
    """The meaning for these blocks. Raises StageSkipped where static vectors are not installed."""
    # Names and stems are looked for in the same words.
    distinct = words_of_texts([query, *(block.content for block in blocks)]).distinct()
    words = WordVectors.of_words(distinct)
    _, *names = numbers_of_names(distinct)
    newest = max(block.timestamp for block in blocks)
    utilities = {}
    for block, mentioned, similarity in zip(blocks, names, words.similarities(), strict=True):
        parts = parts_by_similarity(block, similarity, mentioned, newest, max_characters=_MAX_CHARACTERS)
        utilities[block.id] = {"score": round(parts.score, 3), **parts.as_dict()}
    return Meaning(utilities, synonyms(query, words))
