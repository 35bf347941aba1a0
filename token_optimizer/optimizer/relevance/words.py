"""The words of texts: which of them say something, and the stems by which they are compared.

Before: "Who paid for the bridges?"
After:  paid, bridg
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD = re.compile(r"[^\W_]+")
_ENDINGS = re.compile(
    r"(?:(?<=[^\W\d_]{3})(?:ational|ation|ations|ement|ments|ment|ingly|edly|ings|ing|ies|ied|ers|er|ed|es|ly"
    r"|e|s|y|\Z))$"
)
# Words that join others or ask for something, without a meaning that a search could use.
FUNCTION_WORDS = frozenset((
    "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "before", "being", "but", "by", "can", "could", "did", "didn", "do", "does", "doesn",
    "doing", "don", "done", "for", "from", "get", "give", "go", "had", "has", "have", "he", "her",
    "hers", "him", "his", "how", "if", "in", "into", "is", "isn", "it", "its", "just", "kind", "like",
    "ll", "may", "me", "might", "mine", "more", "most", "much", "my", "no", "not", "of", "on", "one",
    "only", "or", "our", "out", "over", "please", "re", "she", "should", "so", "some", "such", "tell",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to",
    "too", "under", "up", "us", "ve", "very", "was", "wasn", "we", "were", "what", "when", "where",
    "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "would", "yes", "you",
    "your", "yours",
))  # fmt: skip


class Stems(dict[str, str]):
    """The stem of each word seen; the empty string for words that say nothing."""

    def __missing__(self, word: str) -> str:
        # One letter is what an apostrophe leaves of a word, or an initial.
        has_meaning = word not in FUNCTION_WORDS and (len(word) > 1 or word.isdigit())
        stem = (_ENDINGS.sub("", word) or word) if has_meaning else ""
        self[word] = stem
        return stem

    def of(self, text: str) -> list[str]:
        """The stems of the words of a text that say something, in order."""
        return [stem for word in WORD.findall(text.lower()) if (stem := self[word])]


def stems(texts: Sequence[str]) -> list[list[str]]:
    """The stems of the words of each text that say something, in order."""
    known = Stems()
    return [known.of(text) for text in texts]


def stem_words(texts: Sequence[str]) -> tuple[dict[str, str], list[set[str]]]:
    """Each stem with the shortest of its words, in the same order whatever that of the texts; and the stems
    of each text."""
    words = [set(WORD.findall(text.lower())) for text in texts]
    known = Stems()
    written: dict[str, str] = {}
    for word in sorted(set().union(*words), key=lambda word: (len(word), word)):
        if stem := known[word]:
            written.setdefault(stem, word)
    return written, [{stem for word in found if (stem := known[word])} for found in words]


def says_something(word: str) -> bool:
    """Whether the word has a meaning of its own, as neither a single letter nor a function word has."""
    return len(word) > 1 and word.lower() not in FUNCTION_WORDS
