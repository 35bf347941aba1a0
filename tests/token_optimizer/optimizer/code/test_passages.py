"""Passages of code, diffs and terminal output: one a line, with its worth and what it names."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.models import Marker
from token_optimizer.optimizer.code.passages import code_passages

LISTING = """[File: app/fields.py (1997 lines total)]
1474:    def _serialize(self, value):
1475:        base_unit = timedelta(1)
1476:
1477:        return base_unit
"""


def _values(text: str) -> dict[str, float]:
    return {text[p.start : p.end].strip(): p.value for p in code_passages(text)}


def test_lines_cover_the_text_and_an_empty_one_goes_with_the_one_before() -> None:
    lines = [LISTING[passage.start : passage.end] for passage in code_passages(LISTING)]
    assert "".join(lines) == LISTING
    assert lines[2] == "1475:        base_unit = timedelta(1)\n1476:\n"


def test_names_are_facts_and_numbers_of_lines_are_none() -> None:
    facts = {fact.removeprefix("name ") for passage in code_passages(LISTING) for fact in passage.facts}
    assert {"app/fields.py", "1997", "_serialize", "base_unit"} <= facts
    assert not {"1474", "1475", "1477"} & facts


@pytest.mark.parametrize(
    "line",
    [
        "def size(self):",
        "export async function load(path) {",
        "func (s *Store) Load(path string) error {",
        "+    return int(round(value))",
        "@@ -10,4 +10,6 @@",
        "[File: app.py (9 lines total)]",
        "ValueError: no such unit",
        "npm ERR! missing script: build",
    ],
)
def test_what_tells_most_is_worth_more_than_a_plain_line(line: str) -> None:
    values = _values(f"    total = total + step\n{line}\n")
    assert values[line.strip()] > values["total = total + step"]


@pytest.mark.parametrize("other", ["", "# \u0130stanbul\n"])
def test_an_error_is_seen_in_any_case_and_where_small_letters_shift_the_text(other: str) -> None:
    values = _values(f"{other}value = 1\nValueError: no such field\nFATAL: the disk is full\nvalue = 2\n")
    assert values["value = 1"] == values["value = 2"]
    assert values["ValueError: no such field"] > values["FATAL: the disk is full"] > values["value = 1"]


def test_the_marker_of_an_earlier_cut_is_no_passage() -> None:
    text = "a = load(path)\n[… 30 lines left out]\nb = load(other)\n"
    lines = ["a = load(path)\n", "b = load(other)\n"]
    marker = Marker(15, 36, "cut", "line", 30)
    assert [text[p.start : p.end] for p in code_passages(text, None, (marker,))] == lines
    assert len(code_passages(text)) == 3


@given(any_text)
def test_passages_of_any_text_stand_in_order(text: str) -> None:
    edges = [edge for passage in code_passages(text) for edge in (passage.start, passage.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
