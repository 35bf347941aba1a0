import json
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.config import OptimizerConfig
from token_optimizer.optimizer.heuristics import compress_json_toon
from token_optimizer.optimizer.json.omissions import keep_json_passages
from token_optimizer.optimizer.json.passages import has_trouble, json_passages
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.pipeline import optimize

KINDS = ["error" if number == 57 else "info" for number in range(100)]
ROWS = [
    {
        "id": 1000 + number,
        "name": f"host-{number}",
        "load": 3 * number % 101,
        "kind": kind,
        "day": f"2024-05-{number % 28 + 1:02}",
    }
    for number, kind in enumerate(KINDS)
]
USER = {
    "login": "ann",
    "id": 77,
    "node_id": "MDQ6VXNlcjIxMDMxMDY3",
    "avatar_url": "https://avatars.example.com/u/77",
    "events_url": "https://api.example.com/users/ann/events",
}
DELIVERY = {
    "action": "opened",
    "issue": {"number": 5, "title": "It crashes on start", "user": USER, "assignee": None, "labels": []},
    "repository": {
        "id": 9,
        "full_name": "ann/hello",
        "owner": USER,
        "license": {"key": "mit", "spdx_id": "MIT", "url": "https://api.example.com/licenses/mit"},
        "pushed_at": "2024-05-01T10:00:00Z",
        "archive_url": "https://api.example.com/repos/ann/hello/{archive_format}{/ref}",
    },
    "sender": USER,
}


def best(value: Any, query: str | None, count: int = 1) -> list[str]:
    """The texts of the passages that are worth most."""
    text = json.dumps(value)
    passages = json_passages(text, query)
    ranked = sorted(passages, key=lambda passage: -passage.value - sum(passage.facts.values()))
    return [text[passage.start : passage.end] for passage in ranked[:count]]


def kept(value: Any, query: str | None, count: int) -> tuple[str, Any]:
    """The marker, and the JSON that is left when only the best passages stay."""
    text = json.dumps(value)
    passages = json_passages(text, query)
    order = sorted(range(len(passages)), key=lambda place: -passages[place].value)
    after = keep_json_passages(MarkedText(text), passages, frozenset(order[:count])).text
    marker, _, body = after.partition("\n")
    return marker, json.loads(body) if body else None


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("What is the load of host-42?", 42),
        ("Give the load of the record whose id is 1042.", 42),
        ("Which one is `host-7`?", 7),
        ("which host has the highest load", 67),
        ("Which day had the LOWEST load?", 0),
        ("Show the last record", 99),
        ("the third row", 2),
        ("Why is there an error?", 57),
    ],
)
def test_the_row_that_is_asked_for_is_worth_most(query, row):
    assert best(ROWS, query) == [json.dumps(ROWS[row])]


def test_without_a_question_the_ends_and_what_is_rare_are_worth_most():
    texts = best(ROWS, None, 3)
    assert {json.dumps(ROWS[row]) for row in (0, 57, 99)} == set(texts)


def test_a_rare_value_in_an_object_of_a_short_list_is_worth_most():
    rows = [{"name": f"pod-{n}", "status": {"parts": [{"ready": n != 33, "image": "x"}]}} for n in range(60)]
    assert json.dumps(rows[33]) in best(rows, "Which pod is not ready?", 3)


@pytest.mark.parametrize("query", ["the load of host-57", "Which host has the most load?"])
def test_lists_of_one_length_beside_each_other_stay_or_go_whole(query):
    columns = {key: [row[key] for row in ROWS] for key in ROWS[0]}
    text = json.dumps(columns)
    passages = json_passages(text, query)
    assert [text[one.start : one.end].partition(":")[0] for one in passages] == [
        f'"{key}"' for key in columns
    ]
    assert '"load"' in "".join(best(columns, query, 3))
    lists = {"hosts": ["a", "b", "c"] * 40, "loads": [1, 2] * 40}
    assert len(json_passages(json.dumps(lists))) == 200


def test_the_marker_does_not_say_that_lists_are_empty():
    rows = [{"name": f"pod-{n}", "parts": [{"image": "x"}], "ports": [80, n]} for n in range(60)]
    marker, _ = kept(rows, None, 5)
    assert "image x" in marker
    assert "none" not in marker


def test_a_value_behind_the_key_that_is_named_is_worth_more_than_elsewhere():
    rows = [{"count": number, "rate": 200 - number} for number in range(90)]
    assert best(rows, "the record whose rate is 150") == [json.dumps(rows[50])]


@pytest.mark.parametrize(
    ("query", "asks_for_others"),
    [
        ("Which record is not info?", True),
        ("Welche Einträge sind nicht info?", True),
        ("Which info has the load 12?", False),
        ("How old is the info record host-9?", False),
    ],
)
def test_rows_without_the_usual_value_are_worth_more_only_where_the_question_excepts_it(
    query, asks_for_others
):
    rows = [{"kind": "info" if number % 3 else "error", "load": number} for number in range(60)]
    values = [passage.value for passage in json_passages(json.dumps(rows), query)]
    assert (values[30] > values[31] + 1) == asks_for_others


@pytest.mark.parametrize(
    "query", ["Which cell writes the negative amounts?", "Where are negatives dealt with?"]
)
def test_words_are_found_with_and_without_the_ending_of_a_plural(query):
    rows = [{"cell": number, "source": f"load part {number}"} for number in range(60)]
    rows[40]["source"] = "save the amount of each in negatives.csv"
    assert best(rows, query) == [json.dumps(rows[40])]


def test_the_row_that_is_clearly_asked_for_stays_however_long_it_is():
    rows = [{"cell": number, "source": "load it " * 30, "image": "QUJD" * 300} for number in range(20)]
    rows[12]["source"] = "save the amount"
    question = "In which cell is the amount saved?"
    sent, _ = optimize([{"role": "user", "content": f"{json.dumps(rows)}\n\n{question}"}])
    assert "save the amount" in sent[0]["content"]


def test_numbers_are_found_whole_and_with_their_commas():
    people = [{"n": number, "people": number * 1000} for number in range(1, 90)]
    assert json.loads(best(people, "Which n has 52,000?")[0]) == people[51]
    assert json.loads(best([{"x": f"1{n}.52"} for n in range(50)] + [{"x": "52"}], "find 52")[0]) == {
        "x": "52"
    }


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("the value of repository.license.spdx_id?", '"spdx_id": "MIT"'),
        ("What was the action?", '"action": "opened"'),
        ("When was the repository last pushed at?", '"pushed_at": "2024-05-01T10:00:00Z"'),
        ("the title of the issue", '"title": "It crashes on start"'),
        ("issue.user.avatar_url", '"avatar_url": "https://avatars.example.com/u/77"'),
    ],
)
def test_the_members_that_the_question_names_are_worth_most(query, member):
    assert any(member in text for text in best([DELIVERY, {**DELIVERY, "action": "closed"}], query, 3))


def test_links_opaque_ids_and_empty_values_go_first():
    text = json.dumps(DELIVERY)
    values = {text[p.start : p.end]: p.value for p in json_passages(text, "Who sent it?")}
    dull = max(value for member, value in values.items() if "_url" in member or "null" in member)
    assert dull < min(value for member, value in values.items() if '"id"' in member or "full_name" in member)


def test_the_marker_counts_what_went_and_sums_up_the_table():
    marker, body = kept(ROWS, "host-42", 3)
    assert len(body) == 3
    assert ROWS[42] in body
    assert marker.startswith("[… 97 of 100 items left out. All had: id 1000–1099; ")
    assert "load 0–100" in marker
    assert "kind info ×99, error ×1" in marker
    assert "day 2024-05-01–2024-05-28" in marker


def test_the_marker_names_the_members_that_went():
    marker, body = kept([DELIVERY] * 2, "the action", 2)
    assert body == [{"action": "opened"}, {"action": "opened"}]
    assert marker == "[… keys issue ×2, repository ×2, sender ×2 left out]"


def test_nested_lists_are_named_in_the_marker():
    value = {"total": 100, "result": {"rows": ROWS, "page": 1}}
    marker, body = kept(value, "the total, and host-42", 2)
    assert body == {"total": 100, "result": {"rows": [ROWS[42]]}}
    assert marker.startswith("[… 99 of 100 items of result.rows; keys page left out")


def test_what_is_left_keeps_its_literals_and_its_order():
    text = '[{"a": 1.50, "b": "\\u00e9", "a": 2},\n {"a": 1e400, "b": NaN}, ' + ",".join(["{}"] * 9) + "]"
    passages = json_passages(text, None)
    after = keep_json_passages(MarkedText(text), passages, frozenset([0, 1])).text
    assert after.partition("\n")[2] == '[{"a": 1.50, "b": "\\u00e9", "a": 2},{"a": 1e400, "b": NaN}]'
    assert keep_json_passages(text, passages, frozenset(range(len(passages)))) == text


def test_text_around_the_value_stays():
    text = f"\n  {json.dumps(ROWS)}\n\n"
    after = keep_json_passages(MarkedText(text), json_passages(text, None), frozenset([0])).text
    assert after.startswith("\n  [… 99 of 100 items left out")
    assert after.endswith("}]\n\n")


@pytest.mark.parametrize("text", ["", "no json", "[1, 2", "{}", "[]", "1", '"x"', "[1] [2]", "{1:2}"])
def test_what_is_no_json_to_cut_has_no_passages(text):
    assert json_passages(text, "x") == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1000 + "]" * 1000,
        '{"a":' * 900 + "1" + "}" * 900,
        json.dumps(["x" * 10_000_000]),
        json.dumps([{"a": n} for n in range(60_000)]),
        json.dumps({str(n): {"b": n} for n in range(40_000)}),
        json.dumps([{f"k{n}": n} for n in range(5000)]),
        json.dumps([[[n] * 30 for n in range(50)] for _ in range(50)]),
    ],
    ids=[
        "deep lists",
        "deep objects",
        "long string",
        "many rows",
        "many members",
        "no common keys",
        "nested",
    ],
)
def test_extreme_texts_cost_few_passages_and_are_cut(text):
    passages = json_passages(text, "the record whose a is 100, the highest, the first")
    assert len(passages) <= 20_000
    if passages:
        assert len(keep_json_passages(MarkedText(text), passages, frozenset([0])).text) <= len(text) + 200


def test_caps_rule_out_all_but_the_best_rows():
    text = json.dumps(ROWS)
    passages = json_passages(text, "host-42", most_items=10)
    staying = [place for place, passage in enumerate(passages) if passage.value >= 0]
    assert len(staying) == 10
    assert 42 in staying
    short = json_passages(text, "host-42", most_chars=500)
    assert sum(p.end - p.start for p in short if p.value >= 0) <= 500
    assert short[42].value > 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(any_text, inner, max_size=6),
    max_leaves=40,
)


@given(json_values, any_text, st.randoms(use_true_random=False), st.sampled_from([None, 1]))
def test_any_choice_leaves_json_of_what_was_there(value, query, random, indent):
    text = json.dumps(value, indent=indent)
    passages = json_passages(text, query, 5, 200)
    assert all(a.end <= b.start for a, b in pairwise(passages))
    chosen = frozenset(place for place in range(len(passages)) if random.random() < 0.5)
    if not passages:
        return
    after = keep_json_passages(MarkedText(text), passages, chosen).text
    if len(chosen) == len(passages):
        assert after == text
    elif chosen:
        left = json.loads(after.partition("\n")[2])
        assert type(left) is type(value)
        assert len(left) <= len(value)
        for place in chosen:
            assert text[passages[place].start : passages[place].end] in after


def test_over_a_hard_budget_the_rest_is_written_in_few_tokens():
    messages = [
        {"role": "user", "content": "What is the load of host-42?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": json.dumps(ROWS)},
    ]
    sent, stats = optimize(messages, budget_tokens=600)
    assert stats.tokens_after <= 600
    assert "1042,host-42,25,info,2024-05-15" in sent[-1]["content"]
    assert "items left out" in sent[-1]["content"]
    config = OptimizerConfig.preset("balanced", json_truncate_items=5)
    few, _ = optimize(messages, config=config, budget_tokens=600)
    assert "95 of 100 items left out" in few[-1]["content"]
    whole, _ = optimize(messages, config=OptimizerConfig.preset("safe"))
    assert whole[-1]["content"] == compress_json_toon(json.dumps(ROWS))


def test_rows_of_json_lines_are_cut_and_stay_lines():
    rows = [{"id": number, "name": f"heron {number}", "price": None} for number in range(400)]
    text = "\n".join(map(json.dumps, rows))
    passages = json_passages(text, "What is the price of heron 271?")
    kept = frozenset([max(range(len(passages)), key=lambda index: passages[index].value)])
    sent = keep_json_passages(MarkedText(text), passages, kept).text
    head, *lines = sent.split("\n")
    assert "399 of 400 items left out" in head
    assert list(map(json.loads, lines)) == [rows[271]]


def kept_by_value(rows, question, count):
    """The rows that are worth most to the question."""
    passages = json_passages(json.dumps(rows), question)
    return sorted(sorted(range(len(passages)), key=lambda index: -passages[index].value)[:count])


def test_what_is_not_as_most_rows_are_is_asked_for_by_naming_them():
    rows = [{"name": f"dial {n}", "origin": "file" if n in (7, 31) else "default"} for n in range(60)]
    best = kept_by_value(rows, "Which dials do not have the default?", 2)
    assert best == [7, 31]


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("Which are the three largest parcels by weight?", 3),
        ("Name the top 5 parcels by weight.", 5),
        ("Which is the largest parcel by weight?", 1),
    ],
)
def test_as_many_of_the_greatest_stay_as_are_asked_for(question, count):
    rows = [{"parcel": f"p{n}", "weight": 10 * n * n + 3} for n in range(50)]
    random.Random(3).shuffle(rows)
    best = kept_by_value(rows, question, count)
    assert sorted(rows[place]["weight"] for place in best) == [10 * n * n + 3 for n in range(50 - count, 50)]


def test_a_row_stands_out_by_what_an_object_in_it_says() -> None:
    rows = [
        {"url": f"/page/{n}", "response": {"status": 504 if n == 19 else 200, "length": 100 + 7 * n % 90}}
        for n in range(40)
    ]
    text = json.dumps({"entries": rows})
    worth = [
        passage.value + sum(passage.facts.values()) for passage in json_passages(text, "What timed out?")
    ]
    assert max(worth[2:-1]) == worth[19]


def test_the_last_of_what_has_no_list_is_asked_for_in_vain() -> None:
    text = json.dumps({f"host-{n}": {"state": "up", "load": n} for n in range(40)})
    assert len(json_passages(text, "What was the last state?")) > 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Which rooms under 120 EUR have breakfast?", 41),
        ("Which rooms with a rating of at least 9 are in the west wing?", 17),
        ("Which rooms were cleaned before 2026-03-01?", 33),
        ("Which rooms have not been cleaned for more than 60 days?", 33),
    ],
)
def test_a_row_within_the_bounds_of_the_question_is_worth_most(query: str, expected: int) -> None:
    rooms = [
        {
            "name": f"room {number}",
            "price": 98 if number == 41 else 60 + number if number % 3 else 130 + number,
            "breakfast": number % 3 == 0 or number == 41,
            "rating": 9.1 if number in {5, 17} else 6 + number % 9 / 10,
            "wing": "west" if number in {17, 30, 36, 48} else "east",
            "cleaned": "2026-01-09" if number == 33 else f"2026-04-{number % 28 + 1:02}",
            "note": f"A room with {number * 7919 % 977} things to look at, by the garden.",
        }
        for number in range(60)
    ]
    assert json.loads(best(rooms, query)[0]) == rooms[expected]


EVENTS = [{"id": n, "message": f"2026-03-01 INFO lease {n} renewed"} for n in range(40)]
FAILED = {"id": 40, "message": "2026-03-01\tERROR\tTask failed: table rates does not exist"}


def test_a_row_that_tells_of_an_error_among_others_is_worth_more() -> None:
    text = json.dumps({"events": [*EVENTS[:20], FAILED, *EVENTS[20:]]})
    assert has_trouble(text)
    best = max(json_passages(text, "What went wrong?"), key=lambda passage: passage.value)
    assert "rates does not exist" in text[best.start : best.end]


@pytest.mark.parametrize("rows", [EVENTS, [FAILED] * 40])
def test_what_no_row_tells_or_each_does_is_no_trouble(rows: list[dict[str, Any]]) -> None:
    assert not has_trouble(json.dumps(rows))


@pytest.mark.parametrize("is_headed", [True, False])
def test_rows_that_are_lists_have_the_columns_that_stand_above_or_beside_them(is_headed: bool) -> None:
    names, rows = list(ROWS[0]), [list(row.values()) for row in ROWS]
    rows[41][2] = 900
    text = json.dumps([names, *rows] if is_headed else {"columns": names, "data": rows})
    passages = json_passages(text, "Which host has the highest load?")
    best = max(passages, key=lambda passage: passage.value)
    assert json.loads(text[best.start : best.end])[1] == "host-41"
