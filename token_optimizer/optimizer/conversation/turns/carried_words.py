"""What users said in turns that go, and what must not be lost with them: their directives, verbatim.

A directive comes along with what the user said about the same thing later on: it may have taken it back.

Before: "You MUST use tabs." ... "Forget the tabs: two spaces are right." ... (both turns go)
After:  "You MUST use tabs.\nForget the tabs: two spaces are right."
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from token_optimizer.models import Block
from token_optimizer.optimizer.prose.directives import directive_spans_in, may_give_directives
from token_optimizer.optimizer.relevance.words import stem_words
from token_optimizer.text.lines import lines_of
from token_optimizer.text.sentences import sentence_spans

# What more of the sentences speak of than this is what the whole conversation is about.
_MAX_SHARE = 0.1
_MIN_SENTENCES = 3

# What tells that something is no longer as it was said before.
_TAKES_BACK = re.compile(
    r"""\b(?:forget|ignore|scrap|drop|cancel|undo|revert|instead|rather|no\ longer|any\ ?more|never\ ?mind
    |actually|after\ all|chang\w+|correct\w*|wrong|right|mistake\w*|meant|now|except|but|however|sorry
    |on\ second\ thought\w*|was|were|replac\w+|vergiss|doch|statt|stattdessen|nicht\ mehr|jetzt|oublie\w*
    |plutôt|finalement|olvida|mejor|en\ lugar|ya\ no|esquece|invece|dimentica|забудь|теперь|вместо)\b
    |不用|不再|改成|改为|取消|やめ|代わりに|대신""",
    re.IGNORECASE | re.VERBOSE,
)

_Span = tuple[int, int]


class _Said(NamedTuple):
    block_id: str
    text: str
    is_directive: bool


def carried_words(gone: Sequence[Block], keywords: Sequence[str] = ()) -> dict[str, list[str]]:
    """By the id of the block that holds them: directives, and later sentences about the same things."""
    found: list[_Said] = []
    for block in filter(may_give_directives, gone):
        directives = directive_spans_in(block, block.content, keywords)
        spans = sorted([*((span, True) for span in directives), *_others(block.content, directives)])
        found += [_Said(block.id, block.content[slice(*span)].strip(), given) for span, given in spans]
    if not any(said.is_directive for said in found):
        return {}
    carried: dict[str, list[str]] = {}
    for said in _related([said for said in found if said.text]):
        carried.setdefault(said.block_id, []).append(said.text)
    return carried


def _others(text: str, directives: Sequence[_Span]) -> list[tuple[_Span, bool]]:
    """The sentences that are no part of a directive."""
    spans: list[tuple[_Span, bool]] = []
    start = 0
    for line in lines_of(text):
        for first, last in sentence_spans(line):
            span = (start + first, start + last)
            if not any(begin < span[1] and span[0] < end for begin, end in directives):
                spans.append((span, False))
        start += len(line)
    return spans


def _related(found: Sequence[_Said]) -> Iterator[_Said]:
    _, stems = stem_words([said.text for said in found])
    usual = max(_MIN_SENTENCES, _MAX_SHARE * len(found))
    counts = Counter(stem for words in stems for stem in words)
    demanded: set[str] = set()
    for said, words in zip(found, stems, strict=True):
        telling = {stem for stem in words if counts[stem] <= usual}
        if said.is_directive:
            demanded |= telling
        if said.is_directive or (telling & demanded and _TAKES_BACK.search(said.text)):
            yield said
