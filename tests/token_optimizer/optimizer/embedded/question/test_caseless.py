"""Case is ignored in ASCII and beyond it, by every pattern as its own flag would ignore it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from token_optimizer.optimizer.embedded.question.caseless import CaselessPattern
from token_optimizer.optimizer.formats import file_reads
from token_optimizer.optimizer.selection.soft import specific

PATTERNS = [
    file_reads._EXACT,
    specific._OF_ALL,
    specific._OVER_RECORDS,
    specific._COUNTS,
    specific._NAMES_ONE,
]
WORDS = st.sampled_from((
    "List", "ALL", "of", "Them", "exactly", "AS", "it", "Stands", "Word", "for", "WORD", "how", "Many",
    "Users", "per", "Day", "THE", "average", "Older", "Than", "5", "-", ",", "?", "\n", "\x1c", "Re-Reads",
    "Combien", "de", "TRADUIS", "Übersetze", "翻译", "原文", "İ", "ſhow", "ΜΈΣΗ",
))  # fmt: skip


@pytest.mark.parametrize("text", ["Ein Boot", "ein boot", "EIN BOOT", "Ein Boot für alle"])
def test_it_works(text: str) -> None:
    assert CaselessPattern(r"\bein\ boot | kahn").is_in(text)


@pytest.mark.parametrize("text", ["kein boot", "ein kann", ""])
def test_all_else_is_not_in_it(text: str) -> None:
    assert not CaselessPattern(r"\bein\ boot | kahn").is_in(text)


def test_a_pattern_in_capitals_would_match_nothing() -> None:
    with pytest.raises(ValueError, match="capital"):
        CaselessPattern(r"\bEin\ Boot\W")


@given(words=st.lists(WORDS, max_size=12))
@example(words=["Do", "the", "re-reads"])
def test_it_finds_what_the_flag_finds(words: list[str]) -> None:
    text = " ".join(words)
    for pattern in PATTERNS:
        flagged = re.compile(pattern._any_case.pattern, re.IGNORECASE | re.VERBOSE)
        assert pattern.is_in(text) == bool(flagged.search(text))
