"""The stage `numbers`: line numbers of files go that can be counted, and later turns know the lines."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.token_optimizer.optimizer.stages.test_results import source as module_of_retries
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.optimizer.code.sparse_numbers import with_sparse_numbers
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import cut_marker
from token_optimizer.optimizer.reading_back.alignment import gaps_of
from token_optimizer.text.line_numbers import without_gaps

Messages = list[dict[str, Any]]


def tool(*fields: str) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in fields}
    schema = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": "edit", "description": "Edits.", "parameters": schema}}


EDIT = tool("path", "old_string", "new_string")


NAMES = ("heron", "widen", "total", "branch", "socket", "margin", "letter")


def line(number: int) -> str:
    """A line of a module with a function in every four lines."""
    name = f"{NAMES[number % 7]}_{number // 4}"
    return (
        f"def {name}(rows, margin):",
        f"    {NAMES[number * 3 % 7]} = sorted(rows, key=margin.{name})",
        f"    return {NAMES[number * 5 % 7]} or widen(rows[{number % 9}])",
        "",
    )[number % 4]


def source(first: int, end: int, lines_above: int = 0) -> str:
    """The lines of the module, as a tool gives them that counts them."""
    return "\n".join(f"{number + lines_above:6}→{line(number)}" for number in range(first, end))


def read(number: int, text: str) -> Messages:
    function = {"name": "read_file", "arguments": json.dumps({"path": "totals.py", "offset": number})}
    call = {"id": f"c{number}", "type": "function", "function": function}
    return [
        {"role": "assistant", "content": "I read on.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"c{number}", "content": text},
    ]


def asked(question: str = "Mend the totals.") -> dict[str, Any]:
    return {"role": "user", "content": question}


def test_it_works() -> None:
    text = source(1, 60)
    config = OptimizerConfig.preset("balanced", api_key="numbers-works")
    sent, stats = optimize([asked(), *read(1, text)], [EDIT], config=config)
    assert without_gaps(sent[2]["content"]) == text
    assert stats.tokens_after < 0.9 * stats.tokens_before
    assert any(block.stage == "numbers" and block.fate == "rewritten" for block in stats.blocks)


def test_a_file_that_is_read_again_below_an_edit_is_referred_to() -> None:
    config = OptimizerConfig.preset("balanced", api_key="numbers-again")
    first, _ = optimize([asked(), *read(1, source(1, 60))], [EDIT], config=config)
    again = [asked(), *read(1, source(1, 60)), *read(2, source(20, 60, lines_above=3))]
    sent, _ = optimize(again, [EDIT], config=config)
    assert sent[:3] == first
    assert sent[4]["content"].startswith("[40 lines left out here: they stand in message 3 (tool)")
    assert "numbered 23 to 62 here" in sent[4]["content"]


def test_a_file_that_repeats_some_lines_keeps_numbers_around_the_reference() -> None:
    config = OptimizerConfig.preset("balanced", api_key="numbers-partly")
    optimize([asked(), *read(1, source(20, 40))], [EDIT], config=config)
    sent, _ = optimize([asked(), *read(1, source(20, 40)), *read(2, source(1, 60))], [EDIT], config=config)
    before, marker, behind = sent[4]["content"].partition("[20 lines left out here")
    assert marker
    assert without_gaps(before) == source(1, 20) + "\n"
    assert without_gaps(before + behind.partition("\n")[2]) == source(1, 20) + "\n" + source(40, 60)


def test_what_a_marker_stands_for_is_found() -> None:
    lines = source(1, 60).splitlines(keepends=True)
    marker = cut_marker("line", 20, "".join(lines[10:30]))
    marker_at = len("".join(lines[:10]))
    text = "".join(lines[:10]) + marker.text + "\n" + "".join(lines[30:])
    moved = tuple(
        type(one)(one.start + marker_at, one.end + marker_at, one.kind, one.unit, one.count, one.handle)
        for one in marker.markers
    )
    sparse = with_sparse_numbers(MarkedText(text, moved))
    assert len(sparse.text) < len(text)
    assert gaps_of(sparse, "".join(lines)) == [(marker_at, marker_at + len("".join(lines[10:30])))]


@pytest.mark.parametrize(
    ("preset", "tools", "question"),
    [
        ("safe", [EDIT], "Mend the totals."),
        ("balanced", [EDIT], "Copy the totals verbatim."),
        ("balanced", [tool("path", "new_str", "insert_line")], "Mend the totals."),
        ("balanced", [tool("path", "replacement", "startLine", "endLine")], "Mend the totals."),
        ("balanced", [{"type": "text_editor_20250728", "name": "edit"}], "Mend the totals."),
    ],
)
def test_all_numbers_stay(preset: str, tools: list[dict[str, Any]], question: str) -> None:
    config = OptimizerConfig.preset(preset, api_key=f"numbers-stay-{preset}-{question}-{json.dumps(tools)}")
    sent, _ = optimize([asked(question), *read(1, source(1, 60))], tools, config=config)
    assert sent[2]["content"] == source(1, 60)


def test_what_stays_of_a_long_file_has_its_numbers() -> None:
    config = OptimizerConfig.preset("balanced", api_key="numbers-cut")
    text = "\n".join(f"{number:6}→{line}" for number, line in enumerate(module_of_retries().split("\n"), 1))
    start = [asked("Retries are counted twice."), *read(1, source(1, 9)), *read(2, text)]
    sent, _ = optimize(start, [EDIT], config=config)
    pieces = re.split(r"\[… \d+ lines? left out\]\n?", sent[4]["content"])
    assert len(pieces) > 3
    lines = text.split("\n")
    kept = without_gaps("".join(pieces)).rstrip("\n").split("\n")
    assert all(line in lines for line in kept)
    assert all(piece.lstrip()[0].isdigit() for piece in filter(None, pieces))
