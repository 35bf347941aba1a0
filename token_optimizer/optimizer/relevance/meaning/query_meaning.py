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
from token_optimizer.optimizer.relevance.names import names_by_part
from token_optimizer.optimizer.relevance.utility import parts_by_similarity


def meaning_of(query: str, blocks: Sequence[Block]) -> Meaning:
    """The meaning for these blocks. Raises StageSkipped where static vectors are not installed."""
    # Names and stems are looked for in the same parts of a text.
    parts_of = [set(block.content.split()) for block in blocks]
    words = WordVectors.of_parts([set(query.split()), *parts_of])
    names = names_by_part(set().union(*parts_of))
    newest = max(block.timestamp for block in blocks)
    utilities = {}
    for block, said, similarity in zip(blocks, parts_of, words.similarities(), strict=True):
        mentioned = set().union(*map(names.__getitem__, names.keys() & said))
        parts = parts_by_similarity(block, similarity, len(mentioned), newest)
        utilities[block.id] = {"score": round(parts.score, 3), **parts.as_dict()}
    return Meaning(utilities, synonyms(query, words))
