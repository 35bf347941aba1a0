"""Rows in groups: their keys are said once, and the text can be made again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.optimizer.heuristics import compress_json_toon
from token_optimizer.optimizer.json.grouped_rows import expand_grouped_rows, with_grouped_rows
from token_optimizer.text.counting import token_counts


def _leg(number: str, start: str, seats: int) -> dict[str, Any]:
    return {
        "number": number,
        "from": start,
        "day": "2026-11-29",
        "seats": {"front": seats, "back": seats + 1},
    }


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def forms(value: Any) -> list[Any]:
    texts = with_grouped_rows(json.dumps(value))
    assert {expand_grouped_rows(text) for text in texts} <= {compact(value)}
    return [json.loads(text) for text in texts]


def test_keys_are_said_once_and_so_is_what_all_rows_share() -> None:
    (form,) = forms([[_leg("A1", "Ulm", 3)], [_leg("B2", "Bonn", 4), _leg("C3", "Kiel", 5)], []])
    assert form == {
        "$columns": ["number", "from", {"day": "2026-11-29"}, "seats.front", "seats.back"],
        "$rows": [[["A1", "Ulm", 3, 4]], [["B2", "Bonn", 4, 5], ["C3", "Kiel", 5, 6]], []],
    }


def test_rows_of_several_groups_stand_once_under_what_only_they_have() -> None:
    first, second, third = _leg("A1", "Ulm", 3), _leg("B2", "Ulm", 4), _leg("C3", "Ulm", 3)
    _, by_number = forms([[first, second], [third, second]])
    assert by_number["$rows"] == [["A1", 3, 4], ["B2", 4, 5], ["C3", 3, 4]]
    assert by_number["$groups"] == {"number": [["A1", "B2"], ["C3", "B2"]]}


def test_it_is_taken_where_it_counts_fewer_tokens() -> None:
    legs = [_leg(f"A{number}", "Ulm", number) for number in range(9)]
    text = json.dumps([[leg, legs[-1]] for leg in legs])
    short = compress_json_toon(text)
    assert expand_grouped_rows(short) == compact(json.loads(text))
    assert 3 * token_counts([short])[0] < token_counts([text])[0]
    assert compress_json_toon(short) == short


@pytest.mark.parametrize(
    "value",
    [
        [],
        [[]],
        [[{"a": 1}]],
        [{"a": 1}, {"a": 2}],
        [[{"a": 1}], [{"b": 1}]],
        [[{"a": 1, "b": 2}], [{"b": 2, "a": 1}]],
        [[{"a": 1}], {"a": 2}],
        [[{"a": 1}], [3]],
        [[{"a.b": 1}], [{"a.b": 2}]],
        [[{"a": {}}], [{"a": {}}]],
        [[{"": 1}], [{"": 2}]],
        [[{"$rows": 1}], [{"$rows": 2}]],
    ],
)
def test_other_lists_stay(value: Any) -> None:
    assert with_grouped_rows(json.dumps(value)) == []


@pytest.mark.parametrize(
    "text", ["", "[[{", '[[{"a":1,"a":2}],[{"a":1,"a":2}]]', "[[{" + '"a":[' * 5_000, "[" * 5_000, "[[NaN]]"]
)
def test_what_is_no_such_json_stays(text: str) -> None:
    assert with_grouped_rows(text) == []


def test_numbers_stay_as_they_are_written() -> None:
    text = '[[{"a":1.50,"b":"1"}],[{"a":1.5,"b":"2"}]]'
    (short,) = with_grouped_rows(text)
    assert expand_grouped_rows(short) == text


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)
columns = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4, unique=True)


@given(columns, st.data())
def test_every_list_of_groups_can_be_made_again(names: list[str], data: st.DataObject) -> None:
    row = st.tuples(*(leaves for _ in names)).map(lambda held: dict(zip(names, held, strict=True)))
    row |= row.map(lambda held: {"within": held, "beside": 1})
    value = data.draw(st.lists(st.lists(row, max_size=3), max_size=4))
    for text in with_grouped_rows(json.dumps(value)):
        assert expand_grouped_rows(text) == compact(value)
