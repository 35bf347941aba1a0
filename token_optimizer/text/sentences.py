"""The units of a text: sentences, and windows where there are none.

Before: "See Sec. 4 at approx. 9 a.m. today. Then call Dr. Lund."
After:  "See Sec. 4 at approx. 9 a.m. today." and "Then call Dr. Lund."
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise

from token_optimizer.text.abbreviations import SHORTENED, SHORTENED_BEFORE_NUMBERS
from token_optimizer.text.cache import TextCache, key_of

Span = tuple[int, int]

# The same lines are taken apart by several stages, and on each turn of a conversation. Held are the ends of
# their sentences, each of which begins where the one before ends: spans would take ten times the memory. The
# bounds keep it small whatever is sent.
_ENDS: TextCache[array[int]] = TextCache(8_192)
_MIN_REMEMBERED_CHARS = 80
_MAX_REMEMBERED_CHARS = 8_000
_MAX_REMEMBERED_SPANS = 64

# Nearly all sentences end so: with a full stop behind five letters, and a capital follows; of the longer
# abbreviations these are the last five.
_LAST_LETTERS = 5
_SHORTENED_ENDS = sorted({word[-_LAST_LETTERS:] for word in SHORTENED if len(word) >= _LAST_LETTERS})
_NO_SHORTENED = "".join(rf"(?<!{end}\.)" for end in _SHORTENED_ENDS)
_PLAIN_END = rf"(?<={_LAST_LETTERS * '[a-z]'}\.)(?= [A-Z]){_NO_SHORTENED}"
# Marks that may end a sentence, with the quotes and brackets that close after them. The group is there where
# one does for certain.
_MARKS = ".!?…。！？｡።。။།۔؟।॥"
_AFTER_MARK = (
    rf"(?:({_PLAIN_END})"
    r"""|(?<=[.!?…])(?<![.!?…][.!?…])[.!?…]*+["'”’»)\]*_]{0,4}(?=\s|\Z)|(?<=[。！？｡።。။།۔؟।॥])["'”’」』）)]{0,3})"""
)
# They begin with the characters that any of them may begin with: elsewhere nothing is tried. A single
# character is found in a fifth of the time that several take, and most lines have no other mark.
_END = re.compile(rf"[{_MARKS}]{_AFTER_MARK}")
_END_AT_STOP = re.compile(rf"\.{_AFTER_MARK}")
_OPENING = re.compile(r"""\s*["'“‘«„(\[*_¿¡]{0,3}""")
_WORD_BEFORE = re.compile(r"[^\s\W]+(?:\.[^\s\W]+)*\Z")
_LONGEST_WORD = 24
_MONTHS = (
    "jan", "feb", "mar", "mär", "apr", "may", "mai", "jun", "jul", "aug", "sep", "okt", "oct", "nov", "dec",
    "dez", "quartal", "jahrhundert", "klasse", "etage", "stock", "oktober",
)  # fmt: skip
_ORDINAL_AFTER = frozenset(
    ("am", "vom", "zum", "bis", "dem", "den", "der", "des", "die", "das", "im", "ab", "seit", "und", "jeden")
)
_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)]|#{1,6})\s+")
# What a line with a colon at its end opens: items, rows, fields of a form, indented lines.
_OPENED = re.compile(
    r"[ \t]*(?:[-*+•▪◦–|]|\(?\d{1,3}[.)](?:\s|$)|\(?[A-Za-z][.)]\s|\[[ xX]?\]"
    r"|[^\W\d_][^\n:：]{0,40}[:：](?:\s|$))|[ \t]{2,}\S|\t"
)
# A sentence longer than so many characters is taken apart, into windows of about as many.
MAX_SENTENCE_CHARS = 800
_WINDOW_CHARS = 320
# A character of these scripts says about as much as three others.
_MAX_UNSPACED_CHARS = 200
_UNSPACED_WINDOW_CHARS = 90
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_DENSE = re.compile(rf"{_UNSPACED.pattern[:-1]}\uac00-\ud7a3]")
_MORE_CHARS = 2
# They follow their consonant, though they count as letters.
_THAI_VOWELS = "\u0e30\u0e32\u0e33\u0e45"
# Where a window may end, best first; of each the last in the second half of the window is taken.
_MAX_TAG_CHARS = 40
_BREAKS = ("\n", "),", ";", "}", ">", "。", "; ", ". ", "，", "、", ", ", " ")


def sentences(text: str) -> Iterator[str]:
    """The sentences of prose, in order, without the marks of lists and headings before them."""
    for line in text.split("\n"):
        body = _LIST_MARK.sub("", line)
        for start, end in sentence_spans(body):
            if sentence := body[start:end].strip():
                yield sentence


def first_sentence(text: str) -> str:
    """The first sentence; a text without an end of sentence is its own first sentence."""
    return next(sentences(text), "")


def sentence_spans(line: str) -> Sequence[Span]:
    """Where the sentences of a line stand; joined, they are the line."""
    if not _MIN_REMEMBERED_CHARS <= len(line) <= _MAX_REMEMBERED_CHARS:
        return _spans_to(_sentence_ends(line))
    key = key_of(line, "sentences")
    known = _ENDS.get(key)
    if known is not None:
        return _spans_to(known)
    ends = _sentence_ends(line)
    if len(ends) <= _MAX_REMEMBERED_SPANS:
        _ENDS.put(key, array("H", ends))
    return _spans_to(ends)


def _spans_to(ends: Sequence[int]) -> tuple[Span, ...]:
    return tuple(pairwise((0, *ends)))


def _sentence_ends(line: str) -> list[int]:
    ends: list[int] = []
    start = 0
    has_stops_alone = line.isascii() and "!" not in line and "?" not in line
    for match in (_END_AT_STOP if has_stops_alone else _END).finditer(line):
        end = match.end()
        if match.lastindex or _ends_plainly(line, start, end) or _ends_sentence(line, start, match):
            ends.append(end)
            start = end
    if start < len(line):
        ends.append(len(line))
    return ends


def is_opened(line: str) -> bool:
    """Whether the line may belong to one with a colon at its end: an item, a row, a field."""
    return _OPENED.match(line) is not None


def is_shorter(text: str, chars: int) -> bool:
    """Whether the text says less than so many letters: a character of some scripts says as much as three."""
    if len(text) >= chars or text.isascii():
        return len(text) < chars
    return len(text) + _MORE_CHARS * len(_DENSE.findall(text)) < chars


def unit_spans(line: str) -> Sequence[Span]:
    """The sentences of a line; of a very long one the windows. Joined, they are the line."""
    spans = sentence_spans(line)
    if len(line) <= _MAX_UNSPACED_CHARS or not [
        start for start, end in spans if end - start > _MAX_UNSPACED_CHARS
    ]:
        return spans
    return [part for start, end in spans for part in window_spans(line, start, end)]


def window_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """The span in windows that end where the text has its joints: marks, tags, spaces."""
    most, width = MAX_SENTENCE_CHARS, _WINDOW_CHARS
    if end - start > _MAX_UNSPACED_CHARS and _is_unspaced(text[start:end]):
        most, width = _MAX_UNSPACED_CHARS, _UNSPACED_WINDOW_CHARS
    if end - start <= most:
        yield start, end
        return
    while end - start > width + width // 2:
        stop = _joint(text, start + width // 2, start + width)
        yield start, stop
        start = stop
    yield start, end


def _joint(text: str, start: int, end: int) -> int:
    """Where the text is best parted between the places: never inside of a character with its marks."""
    tag = text.rfind("</", start, end)
    closed = text.find(">", tag, tag + _MAX_TAG_CHARS) + 1 if tag >= 0 else 0
    if closed:
        return closed
    for mark in _BREAKS:
        found = text.rfind(mark, start, end)
        if found >= 0:
            return found + len(mark)
    while end < len(text) and (unicodedata.category(text[end])[0] == "M" or text[end] in _THAI_VOWELS):
        end += 1
    return end


def _is_unspaced(text: str) -> bool:
    sample = text[:2000]
    return len(_UNSPACED.findall(sample)) > len(sample) // 3


def _ends_plainly(line: str, start: int, end: int) -> bool:
    """Whether the mark that ends there is a full stop behind a word, and a capital follows: so it is with
    nearly all, and is told sooner than of others."""
    if line[end : end + 1] != " " or line[end - 1] != "." or not line[end + 1 : end + 2].isupper():
        return False
    word = line[max(start, end - _LONGEST_WORD) : end - 1].rpartition(" ")[2]
    return word.isalpha() and 1 < len(word) < _LONGEST_WORD - 1 and word.lower() not in SHORTENED


def _ends_sentence(line: str, start: int, match: re.Match[str]) -> bool:
    """Whether a sentence that began at the start ends with the mark."""
    mark, end = match.group(), match.end()
    if end == len(line) or mark[0] not in ".!?…":
        return True
    at = _start_of_next(line, end)
    following = line[at : at + 1]
    if not following:
        return True
    # A bracket, a dash or another mark opens no sentence, and neither does a small letter.
    if not following.isupper() and (
        following.islower() or not (following.isalnum() or following in "<`$#@|-–—•")
    ):
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    return not _is_shortened(line, start, match.start(), line[at : at + 12])


def _start_of_next(line: str, end: int) -> int:
    """Where the next sentence starts behind space, quotes and brackets."""
    if line[end] == " " and line[end + 1 : end + 2].isalnum():
        return end + 1
    after = _OPENING.match(line, end)
    return after.end() if after else end


def _is_shortened(line: str, start: int, dot: int, following: str) -> bool:
    """Whether the full stop at the place shortens the word before it, or makes a number an ordinal."""
    first = max(start, dot - _LONGEST_WORD)
    plain = line[first:dot].rpartition(" ")[2]
    if plain.isalpha() and 1 < len(plain) < _LONGEST_WORD:
        return _is_abbreviation(plain, following)
    found = _WORD_BEFORE.search(line, first, dot)
    if found is None:
        return False
    word = found.group()
    if found.start() > start and line[found.start() - 1] in "'’":
        return False
    if word.isdigit():
        return len(word) <= 3 and _is_ordinal(line, start, found.start(), following)
    if "." in word:
        # "e.g.", "a.m.", "z.B.", and a host or a version: the parts of the first are single letters.
        return all(len(part) <= 2 and part.isalpha() for part in word.split("."))
    if len(word) == 1 and word.isalpha():
        # "a, b." ends a list of letters.
        return not (word.islower() and line[max(0, found.start() - 2) : found.start()].rstrip().endswith(","))
    return _is_abbreviation(word, following)


def _is_abbreviation(word: str, following: str) -> bool:
    lower = word.lower()
    return lower in SHORTENED or (lower in SHORTENED_BEFORE_NUMBERS and following[:1].isdigit())


def _is_ordinal(line: str, start: int, at: int, following: str) -> bool:
    """Whether a number with a full stop counts something: an item of a list, a day, a place in an order."""
    before = line[max(start, at - 2 * _LONGEST_WORD) : at].split()
    if not before or not any(map(str.isalnum, before[-1])):
        return True
    return following.lower().startswith(_MONTHS) or before[-1].lower() in _ORDINAL_AFTER
