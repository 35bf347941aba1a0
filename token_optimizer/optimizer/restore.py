"""Brings back what was cut from the frozen part of a conversation, when a later question asks for it.

The frozen text itself stays, so that the provider's cache holds. The lines asked for are put before the
newest question, marked with where they came from; the client sends the whole original every time, so
nothing has to be kept for this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.log_lines import names, words

# Tokens that restored lines may cost together, and lines that one word may bring back.
MOST_TOKENS = 800
_MOST_LINES_OF_A_TERM = 12
_LONGEST_LINE = 2_000
# A question of more names or words than this brings its text along.
_MOST_TERMS = 48


def restore_asked(prompt: Prompt, context: Context) -> Prompt:
    """Put the cut lines that the newest question asks for in a block before it."""
    cut = [block for block in prompt.blocks if block.frozen and block.original_content is not None]
    place = _question_at(prompt) if cut else None
    terms = _terms(prompt.query or "") if cut else []
    if place is None or not terms:
        return prompt
    blocks = list(prompt.blocks)
    restored: list[Block] = []
    room = MOST_TOKENS
    for block in cut:
        found = _lines_asked_for(block, terms)
        text = _restored_text(block, found) if found else ""
        tokens = context.count([text])[0] if text else 0
        if found and tokens <= room:
            room -= tokens
            restored.append(_restored_block(text, block, blocks[place], len(restored), tokens))
    blocks[place:place] = restored
    return replace(prompt, blocks=tuple(blocks))


def _question_at(prompt: Prompt) -> int | None:
    """Where the newest user message begins, if it is new: an old one has its passages already."""
    return next((at for at, block in enumerate(prompt.blocks) if _is_question(block)), None)


def _is_question(block: Block) -> bool:
    of_user = block.verbatim and block.slot is not None and block.turn >= 0
    return of_user and block.kind is Kind.PROSE and not block.frozen


@dataclass(frozen=True, slots=True)
class Term:
    """What a line is looked for by: `text` must be in it, in any case where the pattern says so."""

    text: str
    pattern: re.Pattern[str]
    any_case: bool = False


def _terms(query: str) -> list[Term]:
    """Names of the query whole, its other words by their stem."""
    whole = [
        Term(name, re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")) for name in names(query)[:_MOST_TERMS]
    ]
    stems = [
        Term(word, re.compile(rf"(?i)(?<!\w){re.escape(word)}"), any_case=True)
        for word in words(query)[:_MOST_TERMS]
    ]
    return whole + stems


def _lines_asked_for(block: Block, terms: list[Term]) -> list[str]:
    """Lines of the original that are not in what was sent and hold one of the rarer terms, in order."""
    sent = set(block.content.splitlines())
    cut = [line for line in (block.original_content or "").splitlines() if line and line not in sent]
    lower = [line.lower() for line in cut]
    wanted: set[int] = set()
    for term in terms:
        # Most lines do not hold the text at all: that is seen sooner than a pattern sees it.
        likely = [at for at, line in enumerate(lower if term.any_case else cut) if term.text in line]
        found = (at for at in likely if term.pattern.search(cut[at], 0, _LONGEST_LINE))
        holding = list(islice(found, _MOST_LINES_OF_A_TERM + 1))
        if len(holding) <= _MOST_LINES_OF_A_TERM:
            wanted.update(holding)
    return [cut[at][:_LONGEST_LINE] for at in sorted(wanted)]


def _restored_text(source: Block, lines: list[str]) -> str:
    origin = f"message {source.metadata['message'] + 1}"
    return "\n".join([f"[left out of {origin} before, asked for now:]", *lines, "", ""])


def _restored_block(text: str, source: Block, question: Block, number: int, tokens: int) -> Block:
    return replace(
        question,
        # Named after its question: a later one may bring back more of the same block.
        id=f"restored-{source.id}-{question.id}-{number}",
        content=text,
        type=source.type,
        kind=Kind.PROSE,
        verbatim=False,
        must_keep=True,
        tokens=tokens,
        note=f"from {source.id}",
        original_content=None,
    )
