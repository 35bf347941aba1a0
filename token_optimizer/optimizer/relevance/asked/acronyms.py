"""The acronyms by which a text may say what a question says in words.

Before: "Which condition led to the emergency room?", and a text with "I ended up in the ER."
After:  er, which counts as much as two words
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from token_optimizer.optimizer.relevance.words import is_content_word, stems_of

_MAX_WORDS = 5
_LETTERS = re.compile(r"[^\W\d_]+")
# "ER", "ERs", "(ER)", "E.R.": nothing else in capitals.
_ACRONYM = re.compile(r"\W*((?:[^\W\d_]\.?){2,5}?)s?(?:['’]s)?\W*\Z")


def acronyms_of(query: str, parts: Iterable[str]) -> dict[str, float]:
    """The stems of the acronyms among these parts of texts that stand for words in a row of the query, with
    its function words or without them, and for how many words that say something each stands."""
    wanted = dict(_initials(query))
    written = filter(None, map(_acronym_in, parts)) if wanted else ()
    found = sorted(wanted.keys() & set(written))
    return {stem: float(wanted[one]) for one in found for stem in stems_of(one)}


def _acronym_in(part: str) -> str:
    """The acronym that a part of a text is, without its marks; empty where it is none."""
    found = _ACRONYM.match(part) if part.lower() != part else None
    letters = found[1].replace(".", "") if found else ""
    return letters if letters.isupper() else ""


def _initials(query: str) -> Iterator[tuple[str, int]]:
    """The initials of two to five words in a row, of which the last says something, and of two the first; and
    how many of them do."""
    words = _LETTERS.findall(query)
    for said in (words, [word for word in words if is_content_word(word)]):
        for start in range(len(said)):
            for end in range(start + 2, min(start + _MAX_WORDS, len(said)) + 1):
                run = said[start:end]
                if is_content_word(run[-1]) and (len(run) > 2 or is_content_word(run[0])):
                    yield "".join(word[0] for word in run).upper(), sum(map(is_content_word, run))
