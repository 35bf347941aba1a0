"""Lines that a program drew over themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import check_optimized, check_unchanged
from token_optimizer.optimizer.prose.redraws import last_states


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a 1%\ra 2%\ra 3%\nend", "a 3%\nend"),
        (
            "get x.bin:  7%|▋   | 7/100 MB\rget x.bin: 98%|█████| 98/100 MB\r\n",
            "get x.bin: 98%|█████| 98/100 MB\r\n",
        ),
        ("⠋ resolving\r⠙ resolving\r⠹ resolving\rdone", "⠹ resolving\rdone"),
        ("recv 1 kB\rrecv 2 kB\rerror: reset by peer\rrecv 3 kB", "error: reset by peer\rrecv 3 kB"),
    ],
)
def test_the_last_state_stays(before, after):
    check_optimized(last_states, before, after)


@pytest.mark.parametrize("text", ["", "a\nb", "a\r\nb\r\n", "one\rtwo\rthree", "\r\r\r"])
def test_other_texts_stay(text):
    check_unchanged(last_states, text)


@given(st.text(alphabet="ab1%\r\n", max_size=60))
def test_every_message_is_left(text):
    words = {word for line in text.split("\n") for word in line.split("\r")}
    shapes = {"".join(mark for mark in word if mark in "ab") for word in words}
    left = last_states(text)
    assert {
        "".join(m for m in w if m in "ab") for line in left.split("\n") for w in line.split("\r")
    } == shapes
    assert last_states(left) == left
