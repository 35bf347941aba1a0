"""The parts of a text that must not be lost: numbers, identifiers, names, negations and directives.

A negation or a directive counts with the word it is about, so that a "not" left over from somewhere else does
not stand for the one of "not found". Where the word stays and its negation goes, the text says the opposite.

Before: "You MUST NOT retry user_4711 before 12:30."
After:  identifier user_4711; number 12:30; negation (not, retry); directive (MUST, retry)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from token_optimizer.optimizer.prose.directives import keyword_pattern
from token_optimizer.optimizer.relevance.names import weighted_names
from token_optimizer.optimizer.relevance.words import is_content_word

# The weight of a mention: a directive binds the whole answer, and a negation reverses it.
_WEIGHTS = {"number": 1.0, "identifier": 1.0, "name": 1.0, "negation": 3.0, "directive": 3.0}

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|unless|except|only)\b|n['’]t\b", re.IGNORECASE
)
_DIRECTIVE = keyword_pattern()
# How far after a negation or a directive its word may stand.
_MAX_DISTANCE_CHARS = 60
_OPENS_SENTENCE = frozenset(".!?:\n\r\t\"'“(*#>-•")

Unit = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a text with their mentions, and all of its words in lower case."""

    mentions: Counter[Unit]
    words: Counter[str]

    def share_kept(self, other: Units) -> float | None:
        """The share of the weight of all mentions that the other text has; None where there are no units.

        A negation that is lost while its word stays counts as worse than lost: it says the opposite.
        """
        if not self.mentions:
            return None
        kept = total = 0.0
        for unit, count in self.mentions.items():
            total += _WEIGHTS[unit[0]] * count
            kept += _WEIGHTS[unit[0]] * min(count, other._count(unit))
            if unit[0] == "negation":
                kept -= _WEIGHTS[unit[0]] * self._reversed(unit, other)
        return max(0.0, kept / total)

    def literals(self) -> set[Unit]:
        """The numbers and identifiers: what nobody may make up."""
        return {unit for unit in self.mentions if unit[0] in ("number", "identifier")}

    def _count(self, unit: Unit) -> int:
        # A name is known by its word, wherever in a sentence that stands.
        return self.words[unit[1].lower()] if unit[0] == "name" else self.mentions[unit]

    def _reversed(self, negation: Unit, other: Units) -> int:
        """How many mentions of the word have lost their negation."""
        word = negation[-1]
        plain = self.words[word] - self.mentions[negation]
        return min(self.mentions[negation], max(0, other.words[word] - other.mentions[negation] - plain))


def critical_units(text: str) -> Units:
    """The units of the text."""
    words = list(_WORD.finditer(text))
    mentions: Counter[Unit] = Counter(("number", number) for number in _NUMBER.findall(text))
    mentions.update(("identifier", name) for name in identifiers(text))
    mentions.update(("name", match.group()) for match in words if _is_name(text, match))
    mentions.update(_about("negation", _NEGATION, text))
    mentions.update(_about("directive", _DIRECTIVE, text))
    return Units(mentions, Counter(match.group().lower() for match in words))


def identifiers(text: str) -> Iterator[str]:
    """Identifiers, paths and the like: names with something in them that words do not have."""
    return (name for name, weight in weighted_names(text) if weight == 1.0 and not _NUMBER.fullmatch(name))


def has_directive(text: str) -> bool:
    """Whether the text has a word by which directives are known."""
    return _DIRECTIVE.search(text) is not None


def is_negation(word: str) -> bool:
    """Whether the word, with whatever is written around it, is a negation."""
    return _NEGATION.search(word) is not None


def _is_name(text: str, word: re.Match[str]) -> bool:
    """Whether the word is capitalised though it does not open a sentence, or is all capitals."""
    found = word.group()
    if not found[0].isupper() or not is_content_word(found):
        return False
    if len(found) > 1 and found.isupper():
        return True
    before = text[max(0, word.start() - 2) : word.start()].rstrip(" ")
    return bool(before) and before[-1] not in _OPENS_SENTENCE


def _about(kind: str, operator: re.Pattern[str], text: str) -> Iterator[Unit]:
    for match in operator.finditer(text):
        for word in _WORD.finditer(text, match.end(), match.end() + _MAX_DISTANCE_CHARS):
            if is_content_word(word.group()):
                yield kind, match.group().lower(), word.group().lower()
                break
