"""Blocks in front of a question with what was left out of the prompt before, and is asked for now."""

from __future__ import annotations

from token_optimizer.models import Block, Origin
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import restored_marker, with_text


def with_source(block: Block, place: str) -> Block:
    """The block below a line that says where it is from."""
    body = MarkedText.of(block)
    text = joined([restored_marker(place), "\n", body.part(*body.stripped_span("\n")), "\n\n"])
    return with_text(block, text)


def restored_block(passage: Block, question: Block, number: int) -> Block:
    """What is put before the question: the text of the passage, of which it is the `number`-th part."""
    return question.but(
        # Named after its question: a later one may bring back more of the same block.
        id=f"restored-{passage.id}-{question.id}-{number}",
        content=passage.content,
        markers=passage.markers,
        type=passage.type,
        verbatim=False,
        must_keep=True,
        tokens=passage.tokens,
        note=f"from {passage.id}",
        origin=Origin.RESTORED,
        original_content=None,
    )
