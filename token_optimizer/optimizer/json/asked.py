"""What a question asks of a JSON text: its terms, dotted paths, places and extremes, and where they stand.

Terms are looked for in the whole text at once, so the cost is one fast search of it for each term.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from token_optimizer.optimizer.json.tree import Node
from token_optimizer.optimizer.relevance.asked.extremes import extremes_of, words_of
from token_optimizer.optimizer.relevance.words import FUNCTION_WORDS

# A term in quotes, with a digit, or right behind a key that is asked for is more telling than a word; a part
# of a longer name is less so than the name.
_TELLING = 1.5
_BEHIND_ITS_KEY = 2.0
_PART = 0.4
_MAX_TERMS = 48
_MIN_PLURAL_CHARS = 5
_MAX_HITS = 4000

_QUOTED = re.compile(r"""(?<!\w)["“'`]([^"”'`\n]{2,80})["”'`](?!\w)""")
_TERM = re.compile(r"\d[\d,]{0,30},\d{3}(?:\.\d+)?|[^\W_]\w*(?:[./:@#+-]+\w+)*")
# The digits before a name are no part of it.
_DOTTED = re.compile(r"(?<!\w)(\d*+)([^\W\d]\w*+(?:(?:\[\d*+\])?\.[^\W\d]\w*+)+)")
_KEY_BEFORE = re.compile(r'"([^"\\\n]{1,60})"\s*:\s*"?\Z')
# What questions about any records have in common.
_COMMON = FUNCTION_WORDS | {"a", "each", "find", "i", "list", "many", "record", "row", "rows", "show"}
_PLACES = re.compile(
    r"\b(?:(first)|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|(last|final))\b"
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
# What asks for the records that have another value than the one it names.
_EXCEPTS = re.compile(
    r"""\b(?:not?|non|never|without|except\w*|besides|other|others|differ\w*|deviat\w*|unusual|unlike|nicht
    |kein\w*|außer|andere\w*|abweich\w*|sauf|pas|autres?|différent\w*|sin|salvo|excepto|distint\w*|otr[oa]s?
    |sem|divers[oaie]|altr[oaie]|не|кроме|без)\b|n['’]t\b|不|非|除|以外|ない|않""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as it is looked for. `places` are indexes of items, -1 for the last; of what is `least` or
    `most` it asks for so many, `extremes`; `excepts`: of what it names it may want the others."""

    terms: dict[str, float]
    words: frozenset[str]
    paths: frozenset[str]
    places: frozenset[int]
    least: bool
    most: bool
    extremes: int = 1
    excepts: bool = False
    _named: dict[str, bool] = field(default_factory=dict)

    def names(self, key: str) -> bool:
        """Whether all the words of the key stand in the question."""
        known = self._named.get(key)
        if known is None:
            words = words_of(key)
            known = self._named[key] = bool(words) and all(word in self.words for word in words)
        return known


def asked_of(query: str) -> Asked:
    """What the question asks for; nothing for an empty one."""
    lower = query.lower()
    extremes = extremes_of(query)
    paths = frozenset(re.sub(r"\[\d*\]", "", path.lower()) for _, path in _DOTTED.findall(query))
    return Asked(
        dict(list(_terms(query).items())[:_MAX_TERMS]),
        frozenset(words_of(_DOTTED.sub(r"\1 ", query))),
        paths,
        frozenset(_place(match.group()) for match in _PLACES.finditer(lower)),
        extremes.least,
        extremes.most,
        extremes.count,
        _EXCEPTS.search(lower) is not None,
    )


def term_values(text: str, units: Sequence[Node], asked: Asked) -> list[float]:
    """How much of the question's terms each unit holds: each term by how few of the units hold it."""
    starts = [unit.start for unit in units]
    lower = text.lower()
    values = [0.0] * len(units)
    # Lower case may be longer than the text; then places would be wrong.
    if len(lower) != len(text):
        lower = text
    for term, weight in asked.terms.items():
        found: dict[int, float] = defaultdict(float)
        for at in _places_of(term, lower):
            index = bisect_right(starts, at) - 1
            if index >= 0 and at < units[index].end:
                found[index] = max(found[index], _hit(text, at, asked))
        rarity = _rarity(len(found), len(units))
        for index, hit in found.items():
            values[index] += weight * rarity * hit
    return values


def _terms(query: str) -> dict[str, float]:
    """The terms of the question with their weights, the most telling first."""
    weights: dict[str, float] = {}
    for quoted in _QUOTED.findall(query):
        weights[quoted.strip().lower()] = _TELLING
    for term in _TERM.findall(query):
        lower = term.lower()
        if lower in _COMMON:
            continue
        lower = _singular(lower)
        weights.setdefault(lower, _TELLING if any(map(str.isdigit, lower)) else 1.0)
        if re.fullmatch(r"\d[\d,]*,\d{3}(?:\.\d+)?", lower):
            weights.setdefault(lower.replace(",", ""), _TELLING)
        for part in re.findall(r"[^\W_]+", lower):
            if len(part) > 1 and part not in _COMMON:
                weights.setdefault(_singular(part), _PART)
    return dict(sorted(weights.items(), key=lambda item: -item[1]))


def _singular(word: str) -> str:
    """The word without the ending of its plural: text has it with or without."""
    is_plural = (
        len(word) >= _MIN_PLURAL_CHARS and word.isalpha() and word[-1] == "s" and word[-2] not in "sui"
    )
    return word[:-1] if is_plural else word


def _place(word: str) -> int:
    return _ORDINALS.index(word) if word in _ORDINALS else -1


def _places_of(term: str, text: str) -> Iterator[int]:
    """Where the term stands as a whole, a word in its plural, too: no longer name, and no other number, goes
    on on either side."""
    at = text.find(term)
    hits = 0
    may_be_plural = len(term) >= _MIN_PLURAL_CHARS - 1 and term.isalpha()
    while at >= 0 and hits < _MAX_HITS:
        end = at + len(term)
        if may_be_plural and text.startswith("s", end):
            end += 1
        before, after = text[at - 1 : at], text[end : end + 2]
        goes_on = _goes_on(before) or _goes_on(after[:1])
        if not goes_on and not (after[:1] == "." and after[1:].isdigit()) and before != ".":
            yield at
        hits += 1
        at = text.find(term, end)


def _goes_on(char: str) -> bool:
    return char.isalnum() or char == "_"


def _hit(text: str, at: int, asked: Asked) -> float:
    before = _KEY_BEFORE.search(text, max(0, at - 64), at)
    return _BEHIND_ITS_KEY if before is not None and asked.names(before.group(1)) else 1.0


def _rarity(holding: int, units: int) -> float:
    """1 for what one of many units holds, 0 for what all do."""
    return max(0.0, math.log((units + 1) / (holding + 0.5)) / math.log(units + 2))
