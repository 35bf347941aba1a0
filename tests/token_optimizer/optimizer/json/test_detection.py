"""What is taken for JSON, and where it stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import kind_of
from token_optimizer.optimizer.json.detection import has_rows, json_line_spans, json_span

HEAD = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1]", "[1]"),
        (' \n{"a": 1}\n', '{"a": 1}'),
        ('\ufeff{"a": 1}', '{"a": 1}'),
        (f"{HEAD}[1, 2]\n", "[1, 2]"),
        (f"\ufeff{HEAD}{HEAD} [NaN, 1e400]", "[NaN, 1e400]"),
        ('["\\ud800"]', '["\\ud800"]'),
        ("[1] [2]", None),
        ("HTTP/1.1 200 OK\n[1]", None),
        ("[1", None),
        ("12", None),
        ("", None),
    ],
)
def test_the_one_value_of_a_text(text, value):
    span = json_span(text)
    assert (text[slice(*span)] if span else None) == value


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text()), min_size=2), st.data())
def test_the_values_of_json_lines(values, data):
    gap = st.sampled_from(["\n", "\r\n", "\n\n", " \n", "", " "])
    indent = data.draw(st.sampled_from([None, 2]))
    text = "".join(json.dumps(value, indent=indent) + data.draw(gap) for value in values)
    assert [json.loads(text[start:end]) for start, end in json_line_spans(text)] == values


@pytest.mark.parametrize("text", ["", '{"a": 1}', '{"a": 1}\nand so on', "[1]\n[2]", '{"a": 1} {"b": 2'])
def test_other_texts_are_no_json_lines(text):
    assert json_line_spans(text) == []


def test_lines_that_carry_levels_are_a_log():
    plain = "\n".join(json.dumps({"id": number, "name": "a name"}) for number in range(20))
    logged = "\n".join(json.dumps({"level": "info", "msg": f"job {number}"}) for number in range(20))
    assert (kind_of(plain), kind_of(logged)) == (Kind.JSON, Kind.LOG)


ORDERS = [{"id": number, "town": "Oslo"} for number in range(20)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ORDERS, True),
        ({"data": {"orders": ORDERS}}, True),
        (ORDERS[:3], False),
        ({"rules": ["Be kind."] * 20}, False),
    ],
)
def test_a_list_of_objects_has_rows(value: object, expected: bool) -> None:
    assert has_rows(json.dumps(value)) is expected


def test_json_lines_are_rows() -> None:
    assert has_rows("\n".join(map(json.dumps, ORDERS)))
