"""The words of texts: which of them are content words, and the stems by which they are compared.

Before: "Who paid for the bridges?"
After:  paid, bridg
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import chain

from token_optimizer.text.numbered_words import Occurrences, found_in_words
from token_optimizer.text.word_cache import WordCache

# Scripts that put no space between words, or join them to others: of South East Asia, of China and Japan,
# of Korea. Vowel signs and accents are no letters by themselves.
_UNSPACED = (
    r"\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u104f\u1780-\u17dd"
    r"\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
)
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
WORD = re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]|[{_MARKS}])+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
# A word of Chinese or Japanese has about two characters, one of Thai more.
_GRAM, _FIRST_WIDE = 2, "\u3000"
# What comes off behind so many letters, longest first.
_MIN_STEM = 3
_ENDINGS = (
    "ational", "ations", "ation", "ement", "ering", "ments", "ingly", "ment", "edly", "ered", "ings", "ing",
    "ies", "ied", "ers", "er", "ed", "es", "ly", "e", "s", "y",
)  # fmt: skip
_ENDINGS_BY_LAST = {
    last: [one for one in _ENDINGS if one[-1] == last] for last in {one[-1] for one in _ENDINGS}
}
_ENDING = re.compile(rf"(?<=[^\W\d_]{{3}})(?:{'|'.join(_ENDINGS)})$")
# The same of scripts whose words change their endings more, by the ranges of their letters; Arabic words have
# their article before them.
_ENDINGS_OF_SCRIPTS = tuple(
    (re.compile(rf"[{letters}]"), re.compile(ending))
    for letters, ending in (
        (
            "\u0400-\u04ff",
            r"(?<=\w{4})(?:иями|ями|ами|[оеыи]м[иу]|[ое]го|и[йея][мх]?|иях|[оеиы][йемх]|[ое]в|[ая][мх]|[аеоуюыя]т"
            r"|[уюаяи]т|[аяуюыи][юея]|[ое]е|ть|ться|л(?:[аои]|[аои]сь|ся)?|[аеиоуыэюяйьё])$",
        ),
        (
            "\u0370-\u03ff\u1f00-\u1fff",
            r"(?<=\w{3})(?:ματ(?:ος|α|ων)|[εέ]ς|[ωώ]ν|ου[ςν]?|ού[ςν]?|[αάεέηήιίοόυύωώ]ς?)$",
        ),
        ("\u0600-\u06ff", r"^(?:[وفبك]?ال|لل)(?=\w{3})|(?<=\w{3})(?:ها|هم|ات|ون|ين|ان|ية|[هةي])$"),
        ("\u0900-\u097f", r"(?<=..)(?:ियों|ाओं|ाएँ|ाएं|ों|ें|ीं|[ािीेोु])$"),
    )
)
# Words without a subject of their own, which a search could use.
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
)).union((
    # Of other languages, as far as they are no words of English.
    "aber", "auch", "beim", "dass", "dem", "der", "diese", "diesem", "diesen", "dieser", "dieses",
    "doch", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "für", "ich", "ihr", "ihre",
    "ist", "kann", "können", "mein", "meine", "nicht", "noch", "nur", "oder", "sich", "sie", "sollen",
    "über", "und", "uns", "unser", "vom", "vor", "wann", "warum", "welche", "welchem", "welchen",
    "welcher", "welches", "wenn", "werden", "wieviel", "wird", "wir", "wurde", "wurden", "zum", "zur",
    "avec", "cette", "dans", "ils", "leur", "mais", "nous", "où", "pourquoi", "quand", "que", "quel",
    "quelle", "quelles", "quels", "qui", "sont", "une", "vous", "cómo", "cuál", "cuándo", "cuánto",
    "dónde", "están", "está", "porque", "qué", "quién", "según", "ser", "não", "são", "você", "quando",
    "quem", "della", "delle", "degli", "dei", "nel", "nella", "perché", "quale", "quali", "sono",
    "niet", "waar", "zijn", "wordt", "и", "в", "не", "на", "что", "с", "по", "как", "для", "из", "это",
    "от", "за", "к", "у", "о", "ли", "же", "но", "или", "кто", "где", "когда", "какой", "какая",
    "какие", "только",
))  # fmt: skip


# Of these hardly one is a word of another language.
_ENGLISH = frozenset((
    "the", "of", "and", "what", "which", "who", "whose", "how", "when", "where", "why", "does", "did",
    "were", "have", "with", "from", "that", "this", "my",
))  # fmt: skip


def is_english(text: str) -> bool:
    """Whether the text has a word that English texts have and hardly any other."""
    return not _ENGLISH.isdisjoint(_ASCII_WORD.findall(text.lower()))


def stems_of(text: str) -> list[str]:
    """The stems of the content words of a text, in order."""
    return _STEMS.of(text.lower())


def has_stem(text: str, wanted: Set[str]) -> bool:
    """Whether a content word of the text has one of these stems."""
    return not wanted.isdisjoint(_STEMS.distinct(text.lower()))


def stems(texts: Sequence[str]) -> list[list[str]]:
    """The stems of the content words of each text, in order."""
    return [_STEMS.of(text.lower()) for text in texts]


def stems_in(words: Occurrences[str]) -> Occurrences[str]:
    """The stems of the content words among these."""
    return found_in_words(words, stems_of_word)


def stems_of_word(word: str) -> Sequence[str]:
    """The stems of the content words in what stands between two spaces."""
    return _STEMS[word.lower()]


def stem_words(texts: Sequence[str]) -> tuple[dict[str, str], list[set[str]]]:
    """Each stem with the shortest of its words, in an order that does not depend on that of the texts; and
    the stems of each text."""
    parts = [set(text.split()) for text in texts]
    stems_in = {part: _STEMS[part.lower()] for part in set().union(*parts)}
    return shortest_words(stems_in), [
        set(chain.from_iterable(map(stems_in.__getitem__, one))) for one in parts
    ]


def shortest_words(parts: Iterable[str]) -> dict[str, str]:
    """Each stem in these parts of texts with the shortest of its words, in an order that does not depend on
    that of the parts."""
    words = {word for part in parts for word in _WORDS[part.lower()]}
    written: dict[str, str] = {}
    for word in sorted(words, key=lambda word: (len(word), word)):
        for stem in _STEM[word]:
            written.setdefault(stem, word)
    return written


def _stem(word: str) -> str:
    """The stem of a word; the empty string for function words."""
    # One letter is what an apostrophe leaves of a word, or an initial.
    is_content = word not in FUNCTION_WORDS and (len(word) > 1 or word.isdigit())
    return _without_ending(word) if is_content else ""


def _without_ending(word: str) -> str:
    if not word.isascii():
        return _ending_of(word).sub("", word)
    for ending in _ENDINGS_BY_LAST.get(word[-1], ()):
        before = len(word) - len(ending)
        if before >= _MIN_STEM and word.endswith(ending) and word[before - _MIN_STEM : before].isalpha():
            return word[:before]
    return word


def _ending_of(word: str) -> re.Pattern[str]:
    """What comes off a word of its script."""
    return next((ending for letter, ending in _ENDINGS_OF_SCRIPTS if letter.match(word)), _ENDING)


def _words(text: str) -> list[str]:
    """The words of a text that is in small letters; where no space parts them, every two or three characters
    in a row."""
    if text.isascii():
        return [text] if text.isalnum() else _ASCII_WORD.findall(text)
    words = WORD.findall(text)
    if not _IS_UNSPACED.search(text):
        return words
    return [part for word in words for part in (_grams(word) if _IS_UNSPACED.match(word) else (word,))]


def _stems_in(text: str) -> list[str]:
    return [stem for word in _words(text) for stem in _STEM[word]]


# "Mill", "mill," and "mill." are one word.
_STEM = WordCache(lambda word: filter(None, (_stem(word),)))
_WORDS = WordCache(_words)
_STEMS = WordCache(_stems_in)


def _grams(word: str) -> Iterator[str]:
    size = _GRAM if word[0] >= _FIRST_WIDE else _GRAM + 1
    yield from (word[at : at + size] for at in range(max(1, len(word) - size + 1)))


def is_content_word(word: str) -> bool:
    """Whether the word is neither a single letter nor a function word."""
    return len(word) > 1 and word.lower() not in FUNCTION_WORDS
