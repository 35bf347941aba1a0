"""Where sentences end, and the windows of text that has none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.text.abbreviations import SHORTENED
from token_optimizer.text.sentences import (
    MAX_SENTENCE_CHARS,
    is_shorter,
    sentence_spans,
    sentences,
    unit_spans,
)

PIECES = st.sampled_from(
    ["a", "B.", " ", "\n", "e.g.", "1.", "。", ":", "- x\n", "```\n", "…", "?", "<p>", "ก"]
)


def _cut(text: str, spans: object) -> list[str]:
    found = list(spans(text))  # type: ignore[operator]
    assert "".join(text[start:end] for start, end in found) == text
    assert all(before[1] == after[0] for before, after in pairwise(found))
    return [text[start:end].strip() for start, end in found]


@pytest.mark.parametrize(
    "sentence",
    [
        "Pumps are listed in Sec. 7 and Fig. 2 of the annex.",
        "It takes approx. 40 minutes, max. 55.",
        "The gate opens at 7 a.m. and closes at 6 p.m. sharp.",
        "Dr. A. B. Okafor and Mrs. Lund vs. the harbour board, No. 12.",
        "Bring bread, cheese, etc. and some water.",
        "Der Zug fährt z. B. am 3. Oktober, d. h. an einem Feiertag.",
        "Gem. Abs. 2 Nr. 4 gilt das bzgl. aller Räume ca. 20 Tage.",
        "La réunion avec M. Petit est p. ex. le 4.",
        "El Sr. Vega vive en la Avda. Mayor núm. 8.",
        "Version 2.10 of api.example.com is out.",
        "Он живёт на ул. Мира, см. рис. 4.",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence: str) -> None:
    assert list(sentences(sentence)) == [sentence]


def test_none_of_the_abbreviations_ends_a_sentence_before_a_capital() -> None:
    written = [form for word in SHORTENED for form in (word, word.capitalize(), word.upper())]
    assert [form for form in written if len(sentence_spans(f"It is {form}. Nobody came.")) > 1] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It rained. We stayed in! Did you? Yes.", ["It rained.", "We stayed in!", "Did you?", "Yes."]),
        ("The mill closed in 1904. Nobody came.", ["The mill closed in 1904.", "Nobody came."]),
        ('He said "go." Then he left.', ['He said "go."', "Then he left."]),
        ("雨が降った。家にいた。", ["雨が降った。", "家にいた。"]),
        ("बारिश हुई। हम घर पर रहे।", ["बारिश हुई।", "हम घर पर रहे।"]),
        ("It was McAdam's. The road held.", ["It was McAdam's.", "The road held."]),
        ("Take a, b. Leave c.", ["Take a, b.", "Leave c."]),
    ],
)
def test_a_sentence_ends_where_another_begins(text: str, parts: list[str]) -> None:
    assert _cut(text, sentence_spans) == parts


@pytest.mark.parametrize(
    "text",
    [
        "and then we went on to the next house where nobody was at home " * 60,
        "<div><p>a part of the page</p><a href='/x'>more</a></div>" * 60,
        "function f(a){var b=a*2;return b}" * 80,
        "INSERT INTO t VALUES " + ",".join(f"({n},'Ann Lee {n}','Oslo')" for n in range(200)) + ";",
        "วันนี้เราไปเดินเล่นที่สวนใกล้บ้าน " * 60,
        "今天我们去公园散步，" * 200,
        "x" * 9000,
    ],
)
def test_a_text_without_sentences_goes_in_windows(text: str) -> None:
    units = _cut(text, unit_spans)
    assert len(units) > 8
    assert max(map(len, units)) <= MAX_SENTENCE_CHARS


def test_a_window_ends_at_a_joint_of_the_text() -> None:
    rows = "INSERT INTO t VALUES " + ",".join(f"({n},'Ann {n}','Oslo')" for n in range(200)) + ";"
    assert all(unit.endswith(("),", ";")) for unit in _cut(rows, unit_spans))
    page = "<ul>" + "".join(f"<li>part {n} of the list</li>" for n in range(100)) + "</ul>"
    assert all(unit.startswith("<") and unit.endswith(">") for unit in _cut(page, unit_spans))


def test_no_window_parts_a_letter_from_its_marks() -> None:
    text = "ที่นี่มีน้ำ" * 200
    assert not any(unit[0] in "ี่้ำั" for unit in _cut(text, unit_spans))


@given(st.lists(PIECES, max_size=60).map("".join))
def test_the_units_of_any_text_are_the_text(text: str) -> None:
    for spans in (sentence_spans, unit_spans):
        assert _cut(text, spans) == _cut(text, spans)


@pytest.mark.parametrize(
    ("text", "chars", "expected"),
    [
        ("a" * 99, 100, True),
        ("a" * 100, 100, False),
        ("ä" * 99, 100, True),
        ("年" * 33, 100, True),
        ("年" * 34, 100, False),
        ("บ" * 34, 100, False),
        ("한" * 34, 100, False),
    ],
)
def test_a_character_of_some_scripts_counts_as_three(text: str, chars: int, expected: bool) -> None:
    assert is_shorter(text, chars) is expected
