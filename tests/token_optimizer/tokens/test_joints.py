"""What joined texts count, by the tokens around their joints."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.tokens.counts import count_texts
from token_optimizer.tokens.joints import joint_tokens

_PIECE = st.sampled_from(
    ("word", " Ship", "'s", "  ", "\n", "14", ".5", "é", "名", "(", "…", "x" * 150, " it")
)
_TEXT = st.lists(_PIECE, max_size=12).map("".join)
_GROUPS = st.lists(st.lists(_TEXT, min_size=1, max_size=4), max_size=3)


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4"])
@given(groups=_GROUPS)
def test_they_are_what_the_whole_counts_beside_its_parts(model: str, groups: list[list[str]]) -> None:
    count = partial(count_texts, model=model)
    whole = sum(count(["".join(group) for group in groups]))
    apart = sum(count([text for group in groups for text in group]))
    assert sum(joint_tokens(groups, count)) == whole - apart


def test_only_what_stands_around_a_joint_is_counted() -> None:
    counted: list[str] = []

    def count(texts: Sequence[str]) -> list[int]:
        counted.extend(texts)
        return count_texts(texts, "gpt-4o")

    long = "so many words of a harbour " * 100
    assert joint_tokens([[long + "cap", "tain of " + long]], count) == [-1]
    assert max(map(len, counted)) < 40
