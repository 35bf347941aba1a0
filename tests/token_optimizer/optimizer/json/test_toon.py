import json
from typing import Any

import pytest
import toon_format
from hypothesis import example, given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import (
    any_text,
    check_never_worse,
    check_optimized,
    check_unchanged,
)
from token_optimizer.optimizer.heuristics import compress_json_toon
from token_optimizer.optimizer.json.grouped_rows import COLUMNS, expand_grouped_rows
from token_optimizer.optimizer.json.references import REFERENCE, expand_references
from token_optimizer.optimizer.json.toon import minified

ROWS = [{"id": number, "name": f"user {number}", "active": number % 2 == 0} for number in range(1, 7)]
TABLE = "[6]{id,name,active}:\n" + "\n".join(
    f"  {row['id']},{row['name']},{str(row['active']).lower()}" for row in ROWS
)


def literals(text: str) -> Any:
    """JSON or TOON as nested values in which numbers are their exact text and objects are lists of pairs.

    References are followed, and rows in groups have their keys again.
    """
    if text.startswith(f'{{"{COLUMNS}":'):
        text = expand_grouped_rows(text)
    if f'"{REFERENCE}":' in text:
        text = expand_references(text)
    exact: dict[str, Any] = {
        "object_pairs_hook": lambda pairs: ("object", pairs),
        "parse_int": str.encode,
        "parse_float": str.encode,
    }
    try:
        return json.loads(text, **exact)
    except ValueError:
        return toon_format.loads(text, **exact)


def test_a_list_of_like_objects_becomes_a_table():
    check_optimized(compress_json_toon, json.dumps(ROWS), TABLE)
    check_optimized(compress_json_toon, json.dumps(ROWS, indent=2), TABLE)


def test_it_writes_what_the_published_package_writes():
    value = {
        "page": 2,
        "by": {"a": ROWS[0], "b": ROWS[1]},
        "rows": ROWS,
        "tags": ["x, y", "true", "", "- z", "07"],
    }
    assert compress_json_toon(json.dumps(value)) == toon_format.dumps(value)


def test_objects_that_differ_are_only_minified():
    check_optimized(
        compress_json_toon,
        '{\n  "a": {"b": [1, 2.50, "c  d"]},\n  "e": null\n}',
        '{"a":{"b":[1,2.50,"c  d"]},"e":null}',
    )


@pytest.mark.parametrize(
    "number", ["1.50", "-0", "1e5", "1E+05", "123456789012345678901234567890", "0.10e-7"]
)
def test_numbers_keep_their_exact_text(number):
    rows = ", ".join(f'{{"name": "user {at}", "price": {number}}}' for at in range(8))
    short = compress_json_toon(f"[{rows}]")
    assert short.startswith("[8]{name,price}:")
    assert short.count(f",{number}") == 8
    assert literals(short) == literals(f"[{rows}]")


def test_duplicate_keys_survive():
    text = "[" + ", ".join(['{"key": 1, "key": 2, "other key": 3}'] * 8) + "]"
    check_optimized(compress_json_toon, text, minified(text))
    assert minified(text).count('"key":1,"key":2') == 8


def test_keys_in_another_order_keep_it():
    text = json.dumps([{"name": "a", "id": 1}, {"id": 2, "name": "b"}] * 8, indent=1)
    assert literals(compress_json_toon(text)) == literals(text)


def test_space_around_the_value_stays():
    check_optimized(compress_json_toon, "\n [ 1,  2,  3,  4 ]\n", "\n [1,2,3,4]\n")


def test_json_in_a_fence_is_relabelled():
    before = f"Look:\n```json\n{json.dumps(ROWS, indent=2)}\n```\nThanks"
    check_optimized(compress_json_toon, before, f"Look:\n```toon\n{TABLE}\n```\nThanks")


def test_json_after_a_word_starts_a_line_of_its_own():
    check_optimized(compress_json_toon, f"Result: {json.dumps(ROWS)}\nEnd.", f"Result:\n{TABLE}\nEnd.")


def test_json_in_the_middle_of_a_line_stays_json():
    value = {"status": "ok", "rows": [[1, 2], [3, 4]], "note": "a table of two", "more": [5, 6, 7]}
    before = f"Got {json.dumps(value, indent=1)} from it."
    check_optimized(compress_json_toon, before, f"Got {json.dumps(value, separators=(',', ':'))} from it.")


def test_every_value_of_a_text_is_found():
    value = json.dumps({"level": "info", "items": list(range(20)), "text": "a [b] {c}"}, indent=2)
    short = minified(value)
    check_optimized(
        compress_json_toon, f"one {value}\n[broken {value}] x", f"one {short}\n[broken {short}] x"
    )


@pytest.mark.parametrize(
    "value",
    [
        '[{"a": NaN, "b":   1}, {"a": 2, "b": -Infinity}]',
        '[{"a": 1e400, "b":   1}, {"a": 2, "b": 3}]',
        '[{"a": "\\ud83d",    "b":   1}, {"a": "x", "b": 2}]',
        '[{"a": "\ud83d",    "b":   1}, {"a": "x", "b": 2}]',
    ],
)
def test_what_only_programs_call_json_loses_whitespace_alone(value):
    assert compress_json_toon(value) == minified(value)


@pytest.mark.parametrize(
    "head",
    [
        "\ufeff",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
        "HTTP/1.1 301 Moved\nLocation: /b\n\nHTTP/2 200\ncontent-length: 20\n\n",
    ],
)
def test_what_stands_above_the_value_stays(head):
    value = '[{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}]'
    check_optimized(compress_json_toon, head + value, head + compress_json_toon(value))


def test_lines_of_json_become_one_table():
    text = "\n".join(json.dumps({"id": number, "name": f"item {number}"}) for number in range(5)) + "\n"
    short = compress_json_toon(text)
    assert short.startswith("[5]{id,name}:\n  0,item 0\n")
    assert toon_format.decode(short) == [json.loads(line) for line in text.splitlines()]


def test_lines_of_unlike_json_stay_lines():
    text = '{"id": 1, "a": [1, 2]}\n\n{"name": "x"}\n'
    check_optimized(compress_json_toon, text, '{"id":1,"a":[1,2]}\n{"name":"x"}\n')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json at all",
        "{not json}",
        "see [1], [2] and {x}",
        "[1,2,3]",
        '{"a":1}',
        "\ud800 " * 10,
        '{"a":   1',
        "def f():\n    return {'a':   1}",
        "[" * 1_500 + "]" * 1_500,
        '{"a": ' * 1_500 + "1" + "}" * 1_500,
    ],
)
def test_what_is_no_json_or_cannot_be_shorter_stays(text):
    check_unchanged(compress_json_toon, text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "' + "x" * 3_000_000 + '"}',
        "[" * 300_000,
        '{"a": ' * 100_000,
        '[{"a": 1}, {"a": x ' * 50_000,
        "[1x " * 200_000,
        '"' * 300_000 + "{",
        "[1, " * 200_000 + "]",
        "[{" + " " * 500_000,
    ],
)
def test_hostile_input_ends(text):
    assert len(compress_json_toon(text)) <= len(text)


keys = st.sampled_from(["id", "a key", "", "x.y", "1", "é", 'q"', "a,b", "true"])
numbers = st.from_regex(
    r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?", fullmatch=True, alphabet="-.eE+0123456789"
)
strings = st.one_of(
    st.sampled_from(["", "a", "true", "null", "1.50", "05", "-", "# x", " a ", "a,b", "c: d", "[1]", "\n"]),
    any_text,
)
leaves = st.one_of(numbers, strings.map(json.dumps), st.sampled_from(["true", "false", "null"]))
spaces = st.sampled_from(["", " ", "\n  ", "\t"])


def array_text(items: list[str], space: str) -> str:
    return "[" + space + ("," + space).join(items) + "]"


def object_text(members: list[tuple[str, str]], space: str) -> str:
    return (
        "{" + space + ("," + space).join(f"{json.dumps(key)}:{space}{value}" for key, value in members) + "}"
    )


def tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def rows(names: list[str]) -> st.SearchStrategy[str]:
        row = st.tuples(*[inner for _ in names]).map(
            lambda cells: object_text(list(zip(names, cells, strict=True)), " ")
        )
        return st.builds(array_text, st.lists(row, min_size=2, max_size=6), spaces)

    return st.lists(keys, min_size=1, max_size=3, unique=True).flatmap(rows)


documents = st.recursive(
    leaves,
    lambda inner: (
        st.builds(array_text, st.lists(inner, max_size=4), spaces)
        | st.builds(object_text, st.lists(st.tuples(keys, inner), max_size=4), spaces)
        | tables(inner)
    ),
    max_leaves=20,
)


TWICE = '[{"id": 1.50, "a,b": ["", true, null], "note": "' + "x" * 90 + '"}]'


@given(tables(leaves) | documents)
@example(f"[{TWICE}, {TWICE}]")
@example(f'{{"id": {TWICE}, "x.y": [{TWICE}]}}')
@example(f'{{"id": {TWICE}, "x.y": [{TWICE.replace("true", "0")}, "$ref"]}}')
def test_decoding_gives_every_literal_back(text):
    assert literals(compress_json_toon(text)) == literals(text)


def test_equal_objects_of_nested_lists_are_said_once():
    after = compress_json_toon(f'{{"id": {TWICE}, "x.y": [{TWICE}]}}')
    assert after.endswith('"x.y":[[{"$ref":"#/id/0"}]]}')


@given(tables(leaves) | documents | any_text)
def test_never_worse(text):
    check_never_worse(compress_json_toon, text)


@given(
    st.lists(
        st.one_of(
            documents,
            tables(leaves),
            st.sampled_from(["Result:", "\n", "```json\n", "\n```\n", "[", "{", "so"]),
        ),
        max_size=6,
    )
)
def test_never_worse_inside_text(parts):
    check_never_worse(compress_json_toon, " ".join(parts))


@given(st.text(' "\\a:,{}[]1\n', max_size=80))
def test_minified_text_means_the_same(text):
    try:
        value = json.loads(text)
    except ValueError:
        return
    assert json.loads(minified(text)) == value


def test_what_is_a_table_alone_stays_json_in_a_line() -> None:
    """What a value became in one place is not taken for another one."""
    rows = json.dumps([{"id": number, "name": f"part{number}"} for number in range(40)])
    for _ in range(2):
        assert compress_json_toon(rows).startswith("[40]{id,name}:")
        assert compress_json_toon(f"It said {rows} then.") == f"It said {minified(rows)} then."
