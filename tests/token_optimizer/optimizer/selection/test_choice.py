"""The choice of passages within so many tokens."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.optimizer.selection.candidate_table import Candidate, CandidateTable, Frame
from token_optimizer.optimizer.selection.choice import GreedyChoice, choose


def _candidate(place: int, tokens: int, value: float, facts: dict[str, float] | None = None) -> Candidate:
    return Candidate(0, place, tokens, value, facts or {})


def test_a_fact_counts_once() -> None:
    candidates = [
        _candidate(0, 30, 0.0, {"name a": 1.0}),
        _candidate(1, 30, 0.0, {"name a": 0.9}),
        _candidate(2, 30, 0.0, {"name b": 0.5}),
    ]
    assert choose(candidates, 61, {}) == {(0, 0), (0, 2)}


def test_what_stands_elsewhere_already_is_worth_nothing() -> None:
    candidates = [_candidate(0, 30, 0.0, {"name a": 1.0}), _candidate(1, 30, 0.1)]
    assert choose(candidates, 31, {}, {"name a"}) == {(0, 1)}


def test_the_first_passage_of_an_old_turn_pays_for_its_frame() -> None:
    candidates = [Candidate(0, 0, 30, 1.0, {}, Frame("turn", 1)), Candidate(1, 0, 70, 1.0, {})]
    assert choose(candidates, 70, {Frame("turn", 1): 100}) == {(1, 0)}
    assert choose(candidates, 70, {Frame("turn", 1): 0}) == {(0, 0)}


def test_the_floor_is_that_of_the_passage_and_not_of_its_frame() -> None:
    frame = Frame("text", 1)
    framed = [Candidate(0, place, 20, 1.6, {}, frame) for place in range(2)]
    assert set(GreedyChoice(CandidateTable.of(framed), {frame: 60}, floor=0.07).worths_within(0)) == {
        (0, 0),
        (0, 1),
    }
    below = [Candidate(0, 0, 20, 1.3, {}, frame)]
    assert not GreedyChoice(CandidateTable.of(below), {frame: 60}, floor=0.07).worths_within(0)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.floats(0, 3), st.integers(0, 5)), max_size=40),
    st.integers(0, 900),
)
def test_the_choice_never_costs_more_than_there_is(items: list[tuple[int, float, int]], room: int) -> None:
    candidates = [
        _candidate(place, tokens, value, {f"name {fact}": 0.5})
        for place, (tokens, value, fact) in enumerate(items)
    ]
    kept = choose(candidates, room, {})
    gaps = sum(
        (0, place) not in kept and ((0, place - 1) in kept or place == 0) for place in range(len(items))
    )
    spent = sum(candidates[place].tokens for _, place in kept) + 7 * (gaps - bool(items))
    assert spent <= room
    assert kept == choose(candidates, room, {})


@given(
    st.lists(st.tuples(st.integers(1, 60), st.floats(0, 3), st.integers(0, 5)), min_size=200, max_size=300),
    st.lists(st.integers(0, 9000), min_size=2, max_size=4),
    st.sampled_from((0.05, inf)),
)
def test_a_choice_for_another_room_is_that_of_a_new_choice(
    items: list[tuple[int, float, int]], rooms: list[int], floor: float
) -> None:
    candidates = [
        Candidate(place // 50, place, tokens, value, {f"name {fact}": 0.5}, gap_tokens=7)
        for place, (tokens, value, fact) in enumerate(items)
    ]
    choice = GreedyChoice(CandidateTable.of(candidates), {}, floor=floor)
    for room in rooms:
        assert choice.worths_within(room) == GreedyChoice(
            CandidateTable.of(candidates), {}, floor=floor
        ).worths_within(room)


def test_what_the_floor_keeps_comes_first_and_the_others_take_the_room_that_it_leaves() -> None:
    kept = _candidate(0, 20, 2.0, {"name a": 1.0})
    others = [_candidate(2, 20, 0.1, {"name a": 9.0}), _candidate(4, 20, 0.2)]
    choice = GreedyChoice(CandidateTable.of([kept, *others]), {}, floor=0.1)
    assert set(choice.worths_within(0)) == {(0, 0)}
    # Of what the first one says the second one is worth nothing more.
    assert set(choice.worths_within(30)) == {(0, 0), (0, 4)}


def test_what_the_floor_keeps_costs_what_it_costs_together() -> None:
    frame = Frame("text", 0)
    framed = [Candidate(0, place, 20, 4.0, {}, frame, gap_tokens=7) for place in range(3)]
    beside = [Candidate(1, 0, 20, 0.1, {}, None, gap_tokens=7)]
    choice = GreedyChoice(CandidateTable.of([*framed, *beside]), {frame: 60}, floor=0.1)
    # Three passages and their frame, of whose markers one is left.
    assert choice.worths_within(3 * 20 + 60 + 7 + 13).keys() > {(0, 0), (0, 1), (0, 2)}
    assert choice.worths_within(3 * 20 + 60 + 7 + 12).keys() == {(0, 0), (0, 1), (0, 2)}
