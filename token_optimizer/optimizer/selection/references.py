"""Numbered passages that refer to each other, as the clauses of a contract do: what one has to do with a
query the other has, too.

Before: "8.2 Liability is limited to EUR 500,000." and "8.4 The limit in clause 8.2 does not apply to fraud."
After:  a question that finds 8.2 needs 8.4, too
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from token_optimizer.optimizer.relevance.bm25 import Scores
from token_optimizer.text.lines import holds_any

# The share of a passage's score that those have which it refers to, or which refer to it.
_SHARE = 0.7
_NUMBER = r"\d{1,3}(?:\.\d{1,3}){1,3}"
_OWN = re.compile(rf"\s*(?:[*_#§]{{1,6}}\s?)?({_NUMBER})\b")
# What names a numbered passage, without its first letter, which may be a capital.
_NAMES = ("lause", "ection", "aragraph", "rticle", "iffer", "bsatz", "§")
_REFERENCE = re.compile(rf"(?:{'|'.join(_NAMES)})s?\s?((?:(?:,| and| or| to| und| oder)?\s?{_NUMBER})+)")
_EACH = re.compile(_NUMBER)
# Stands in every number, and in few texts of prose: found sooner than the names are.
_IN_NUMBER = re.compile(r"\.\d")


def may_refer(text: str) -> bool:
    """Whether a passage of the text may name another by its number: most texts are told from that at once."""
    return _IN_NUMBER.search(text) is not None and holds_any(text, _NAMES)


def with_references(scores: Scores, texts: Sequence[tuple[int, Sequence[str]]]) -> Scores:
    """The scores of passages, each with a share of the best that refers to it or that it refers to. Of each
    text in a row is known how many it has, and those that may refer to each other."""
    raised, first = scores, 0
    for size, passages in texts:
        for one, other in _referring(passages):
            if raised is scores:
                raised = scores.copy()
            for at, beside in ((first + one, first + other), (first + other, first + one)):
                raised[at] = max(raised[at], _SHARE * scores[beside])
        first += size
    return raised


def _referring(passages: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Each passage that refers to another one, and that one."""
    referring = [at for at, text in enumerate(passages) if holds_any(text, _NAMES)]
    if not referring:
        return
    numbered = {match[1]: at for at, text in enumerate(passages) if (match := _OWN.match(text))}
    for at in referring if numbered else ():
        for reference in _REFERENCE.finditer(passages[at]):
            for number in _EACH.findall(reference[1]):
                if numbered.get(number, at) != at:
                    yield at, numbered[number]
