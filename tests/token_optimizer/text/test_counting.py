"""Few short texts are counted one by one, many or long ones together, and both come to the same."""

from __future__ import annotations

import pytest
import toktok
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.bodies import LOG, ROWS
from token_optimizer.text.counting import counts_by, token_counts

TEXTS = [
    "",
    "Hello",
    "<|endoftext|> <|im_start|>",
    "naïve 日本語 🧠🧠 e\u0301 \t\n\r\n",
    "\x00 1250000",
    LOG,
    ROWS,
]


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
@pytest.mark.parametrize("times", [1, 3, 40])
def test_it_works(encoding: str, times: int) -> None:
    together = toktok.batch_count(TEXTS, encoding)
    assert counts_by(encoding, TEXTS * times) == together * times
    assert [counts_by(encoding, [text])[0] for text in TEXTS] == together
    assert counts_by(encoding, [LOG * 200]) == toktok.batch_count([LOG * 200], encoding)


@given(text=st.text(max_size=300))
def test_any_text_counts_the_same(text: str) -> None:
    assert counts_by("o200k_base", [text]) == toktok.batch_count([text], "o200k_base")


@pytest.mark.parametrize("times", [1, 40])
def test_a_lone_surrogate_is_no_text(times: int) -> None:
    with pytest.raises(UnicodeEncodeError):
        counts_by("o200k_base", ["a\ud800b"] * times)
    assert token_counts(["a\ud800b"] * times) == token_counts(["a?b"] * times)
