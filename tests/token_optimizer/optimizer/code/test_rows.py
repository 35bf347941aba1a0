"""The rows of a table that are needed though they may share no word with the question."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.code.rows import are_extremes_telling, telling_rows

TOWNS = ("Oslo", "Bergen", "Moss")
STATES = ["degraded" if n == 29 else "healthy" for n in range(70)]
ROWS = [
    f"{n}|srv-{n}|{TOWNS[n % 3]}|ada.{n * 7919}@mail.test|{n * 104729 % 9973}|{state}"
    for n, state in enumerate(STATES)
]
TABLE = ["number|server|town|owner|load|state", *ROWS]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (TABLE, {30}),
        ([line.replace("|", ",").replace("Moss", '"Moss, east"') for line in TABLE], {30}),
        ([line.replace("healthy", f"healthy {n}") for n, line in enumerate(TABLE)], set()),
        (TABLE[:10], set()),
        (["   ".join(line.split("|")) for line in TABLE], {30}),
        (["A text of lines, and of no table."] * 40, set()),
    ],
)
def test_a_row_stands_out_by_a_value_that_hardly_any_other_has(lines: list[str], expected: set[int]) -> None:
    assert telling_rows(lines, "") == expected


def test_such_a_row_stays_where_the_question_does_not_say_its_words() -> None:
    table = "\n".join(TABLE)
    messages, stats = optimize([{"role": "user", "content": f"{table}\n\nIs every server healthy?"}])
    assert ROWS[29] in messages[0]["content"]
    assert stats.tokens_after < 0.7 * stats.tokens_before


def test_columns_that_spaces_keep_apart_keep_their_head_and_such_a_row() -> None:
    rows = ["".join(f"{cell:<26}" for cell in line.split("|")).rstrip() for line in TABLE]
    table = "\n".join([rows[0].upper(), *rows[1:]])
    messages, _ = optimize(
        [{"role": "user", "content": f"```\n{table}\n```\n\nIs everything well?"}], budget_tokens=1_500
    )
    assert rows[30] in messages[0]["content"]
    assert rows[0].upper() in messages[0]["content"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Who owns the last server, and who the first?", {1, 70}),
        ("Which servers are not healthy?", {30}),
        ("Which of them aren't in Oslo?", {at for at in range(1, 71) if (at - 1) % 3}),
        ("Which servers do not answer?", set()),
        ("Who owns srv-17?", set()),
    ],
)
def test_rows_are_asked_for_by_their_place_or_by_what_they_have_not(query: str, expected: set[int]) -> None:
    assert telling_rows(TABLE, query) == expected | {30}
    assert telling_rows(["A text of lines, and of no table."] * 40, query) == set()


PRICES = [f"{n},inn-{n},{140 + n * 7 % 60},{TOWNS[n % 3]},{'no' if n % 4 else 'yes'}" for n in range(40)]
PRICES[17] = "17,inn-17,98,Moss,yes"
INNS = ["number,name,price,town,breakfast", *PRICES]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Which inns under 120 EUR have breakfast?", {18}),
        ("What is there below 150 in Oslo?", {at + 1 for at in (0, 9, 18, 27) if 140 + at * 7 % 60 <= 150}),
        ("Which inns cost more than 9,000 EUR?", set()),
        ("Which inns are there in Moss with breakfast?", {at + 1 for at in range(40) if at % 12 == 8} | {18}),
    ],
)
def test_rows_are_asked_for_by_bounds_and_values(query: str, expected: set[int]) -> None:
    for lines in (
        INNS,
        [f"| {' | '.join(line.split(','))} |" for line in INNS],
        ["".join(f"{cell:<12}" for cell in line.split(",")).rstrip() for line in INNS],
    ):
        assert telling_rows(lines, query) - telling_rows(lines, "") == expected - telling_rows(lines, "")
        assert expected <= telling_rows(lines, query)


def test_a_row_that_is_as_the_question_wants_it_stays_when_half_must_go() -> None:
    table = "\n".join(INNS)
    prompt = [{"role": "user", "content": f"Which inns under 120 EUR have breakfast?\n\n{table}"}]
    messages, _ = optimize(prompt, budget_tokens=350)
    assert PRICES[17] in messages[0]["content"]


def test_the_rows_of_a_tools_result_are_no_sentences_to_be_compressed() -> None:
    table = "\n".join(",".join(row.split("|")) for row in TABLE * 2)
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Which load is lowest?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": table},
    ]
    assert optimize(messages)[0][2]["content"] == table


def test_rows_below_the_command_that_printed_them_stand_out_too() -> None:
    pods = [f"prod      web-{number:04x}   1/1     Running   {number}d" for number in range(40)]
    pods[20] = "prod      pay-9qqq   0/1     CrashLoopBackOff   3h"
    assert 21 in telling_rows(["$ kubectl get pods -A", *pods], "Which pod is unhealthy?")


SALES = [
    "order,customer,town,amount,placed",
    *(f"A-{n},C{n % 7},{TOWNS[n % 3]},{n * 104729 % 9973}.50,2026-01-{n % 28 + 1:02}" for n in range(60)),
]
LARGEST = max(range(1, 61), key=lambda n: float(SALES[n].split(",")[3]))
SMALLEST = min(range(1, 61), key=lambda n: float(SALES[n].split(",")[3]))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Which order has the highest amount?", {LARGEST}),
        ("Which order is the cheapest?", {SMALLEST}),
        ("Welche Bestellung hat den höchsten Amount?", {LARGEST}),
    ],
)
def test_rows_with_the_least_or_the_most_are_asked_for(query: str, expected: set[int]) -> None:
    assert expected <= telling_rows(SALES, query)
    assert are_extremes_telling(SALES, "", query)


@pytest.mark.parametrize(
    "query",
    [
        "Which customer has the highest amount?",
        "Which town bought the most?",
        "What is the highest amount per town?",
        "Who spent the most?",
    ],
)
def test_what_several_rows_tell_together_is_told_by_no_row(query: str) -> None:
    assert not are_extremes_telling(SALES, "", query)


def test_a_column_named_for_the_most_asks_for_no_extreme() -> None:
    limits = [f"- name: limit{n}\n  maximum: {n * 7}\n  default: {n}" for n in range(30)]
    assert are_extremes_telling(limits, "", "What is the maximum of limit7?")


def test_few_rows_of_another_shape_stand_out() -> None:
    lines = list(TABLE)
    lines[12] += "|since noon"
    assert telling_rows(lines, "") == {12, 30}
