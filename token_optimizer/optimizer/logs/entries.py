"""Finds the entries of a log that take several lines: one with a time, and what follows it without one.

Before: "# Time: 2026-03-01T10:00:00Z", "# Query_time: 9.1", "SELECT ...;"
After:  a statement stays or goes with the time that it took
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from token_optimizer.optimizer.logs.patterns import pattern_texts
from token_optimizer.optimizer.logs.stamps import is_stamped

# A value of a record: "created: 2026-03-01 10:00:00".
_VALUE = re.compile(r"[\s-]*[\w.-]+(?: [\w.-]+)?:\s")
_AUDITED = re.compile(r"(?:node=\S+ )?type=\S+ msg=(audit\([\d.:]+\))")
_LETTER = re.compile(r"[^\W\d_]")
_INDENTS = (" ", "\t")
_MAX_LINES, _MAX_CHARS = 20, 2_000
_MIN_ENTRIES, _SHORT_SHARE, _LONG_SHARE = 5, 0.9, 0.4
_COMPARED_LINES = 400
_OPENING_SHARE, _RECURRING, _TOLD_SHARE = 0.1, 3, 0.6


def is_of_entries(lines: Sequence[str], is_part: Callable[[str], bool]) -> bool:
    """Whether lines with a time stand a few lines apart, and most of those between them say the same again
    or are parts of an entry by themselves; blank lines are left out."""
    sample = lines[:_COMPARED_LINES]
    opening = _opening_lines(sample)
    if len(opening) < _OPENING_SHARE * len(sample) or not _are_near(opening):
        return False
    opens = set(opening)
    texts = pattern_texts(sample)
    counts = Counter(texts)
    told = sum(
        at in opens or (counts[text] >= _RECURRING and _LETTER.search(text) is not None) or is_part(line)
        for at, (line, text) in enumerate(zip(sample, texts, strict=True))
    )
    return told >= _TOLD_SHARE * len(sample)


def entry_ends(lines: Sequence[str]) -> dict[int, int]:
    """By the number of its first line, the number of the line behind each short entry of several lines."""
    opening = _lines_of_paragraphs(lines) or _opening_lines(lines)
    is_regular = _are_near(opening) and _are_long(opening)
    ends = {}
    for first, following in pairwise([*opening, len(lines)]):
        end = following if is_regular else _end_of_indented(lines, first, following)
        while end > first + 1 and lines[end - 1].isspace():
            end -= 1
        if 1 < end - first <= _MAX_LINES and sum(map(len, lines[first:end])) <= _MAX_CHARS:
            ends[first] = end
    return ends


def end_of_last(lines: Sequence[str], at: int) -> int:
    """The number of the line behind the entry that begins here, the last of the log: what follows belongs to
    it as far as it is indented, or was said of others before."""
    if at + 1 == len(lines):
        return at + 1
    texts = pattern_texts(lines)
    before = {text for text in texts[:at] if _LETTER.search(text)}
    end = at + 1
    while end < len(lines) and lines[end].strip():
        if not (lines[end].startswith(_INDENTS) or texts[end] in before):
            break
        end += 1
    return end


def _end_of_indented(lines: Sequence[str], first: int, following: int) -> int:
    end = first + 1
    while end < following and lines[end].startswith(_INDENTS) and lines[end].strip():
        end += 1
    return end


def _opening_lines(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines that open an entry: with a time, or with an audit event of their own."""
    opening, event = [], ""
    for at, line in enumerate(lines):
        if audited := _AUDITED.match(line):
            if audited[1] != event:
                opening.append(at)
            event = audited[1]
        elif is_stamped(line) and not _VALUE.match(line):
            opening.append(at)
    return opening


def _lines_of_paragraphs(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines that open a paragraph, where nearly all of these begin with the name of one
    value, as records do; else empty."""
    above = ["", *lines]
    opening = [at for at, line in enumerate(lines) if line.strip() and not above[at].strip()]
    if len(opening) < _MIN_ENTRIES:
        return []
    words = Counter(lines[at].split(maxsplit=1)[0] for at in opening if _VALUE.match(lines[at]) is not None)
    return opening if max(words.values(), default=0) >= _SHORT_SHARE * len(opening) else []


def _are_near(opening: Sequence[int]) -> bool:
    """Whether nearly all of the lines stand so near to each other that what is between them is one entry."""
    near = sum(following - first <= _MAX_LINES for first, following in pairwise(opening))
    return len(opening) >= _MIN_ENTRIES and near >= _SHORT_SHARE * (len(opening) - 1)


def _are_long(opening: Sequence[int]) -> bool:
    """Whether most entries take several lines: elsewhere what follows a time may be anything."""
    several = sum(following - first > 1 for first, following in pairwise(opening))
    return several > _LONG_SHARE * len(opening)
