"""Two texts aligned: what is the same, what went, what came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.diffs.align import Stretch, aligned

PARTS = st.lists(st.sampled_from("abcdef"), max_size=30)


@given(PARTS, PARTS)
def test_the_stretches_give_both_texts_again(before: list[str], after: list[str]) -> None:
    found = aligned(before, after)
    assert [part for stretch in found for part in stretch.before] == before
    assert [part for stretch in found for part in stretch.after] == after
    assert all(list(stretch.before) == list(stretch.after) for stretch in found if stretch.same)


def test_a_cut_is_one_stretch() -> None:
    assert aligned([*"abcde"], [*"abe"]) == [
        Stretch(True, ["a", "b"], ["a", "b"]),
        Stretch(False, ["c", "d"], []),
        Stretch(True, ["e"], ["e"]),
    ]


def test_what_stands_once_in_both_is_an_anchor() -> None:
    found = aligned(["x", "one", "y", "two", "z"], ["new", "one", "y", "other", "z", "end"])
    same = [part for stretch in found if stretch.same for part in stretch.before]
    assert same == ["one", "y", "z"]


def test_anchors_keep_their_order() -> None:
    found = aligned(["b", "c", "d", "a", "!"], ["a", "b", "c", "d", "?"])
    assert [part for stretch in found if stretch.same for part in stretch.before] == ["b", "c", "d"]
