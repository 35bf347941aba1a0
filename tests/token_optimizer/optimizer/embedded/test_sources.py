"""A source is found as a whole between what is said around it."""

from __future__ import annotations

import json

import pytest

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.embedded.sources import source_span

SPEC = "openapi: 3.0.3\ninfo:\n  title: Fleet\npaths:\n" + "".join(
    f"  /trips/{n}:\n    get:\n      summary: Returns trip {n}\n      responses:\n        '200':\n"
    f"          description: OK\n"
    for n in range(20)
)
PROGRAM = '"""Guests."""\n\nimport os\n\n\n' + "".join(
    f"def guest_{n}(town):\n    # Who comes from there.\n    return find(town, {n})\n\n\n" for n in range(20)
)


@pytest.mark.parametrize("source", [SPEC, PROGRAM])
@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("", "\nWhat is the limit of trips?"),
        ("This is our file:\n\n", "\nWhat is the limit of trips?"),
        ("What is the limit of trips?\n", ""),
    ],
)
def test_what_is_said_around_a_source_is_no_part_of_it(source: str, before: str, behind: str) -> None:
    text = before + source + behind
    found = source_span(text)
    assert found is not None
    assert text[slice(*found)].strip() == source.strip()


@pytest.mark.parametrize("joint", ["\n", ""])
def test_lines_that_could_be_said_are_a_part_of_many_like_them(joint: str) -> None:
    states = "".join(f"{('pump', 'belt')[n % 2]}_{n}: worn, {n} h\n" for n in range(100))
    assert source_span(f"{states}{joint}What is the state of the belt?") == (0, len(states))


@pytest.mark.parametrize("text", ["Who came first of all, and by which train did he come? " * 40, SPEC[:600]])
def test_prose_and_what_is_short_are_none(text: str) -> None:
    assert source_span(text) is None


RECORDS = json.dumps(
    [{"id": n, "state": "failed" if n == 7 else "ok", "ms": n * 3} for n in range(60)], indent=2
)
LOG = "".join(
    f"09:{10 + n // 60}:{n % 60:02} INFO worker[{n % 5}] heartbeat ok queue={n % 13} lag={n % 7}ms\n"
    for n in range(120)
)
KINDS = {
    "records": (RECORDS, Kind.JSON),
    "log": (LOG, Kind.LOG),
    "program": (PROGRAM, Kind.CODE),
    "spec": (SPEC, Kind.CODE),
}
LAYOUTS = {
    "bare": "{a}\n\n{b}\n\n{question}",
    "labelled": "First, what the service says:\n{a}\n\nAnd the other one:\n{b}\n\n{question}",
    "question first": "{question}\n\nThis is the first:\n{a}\n\nand this the second:\n{b}",
    "tagged": "<first>\n{a}\n</first>\n<second>\n{b}\n</second>\n\n{question}",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("first", "second"), [(a, b) for a in KINDS for b in KINDS if {a, b} & {"records", "log"} and a != b]
)
def test_data_and_logs_beside_a_source_are_no_part_of_it(first: str, second: str, layout: str) -> None:
    (a, kind), (b, other) = KINDS[first], KINDS[second]
    text = LAYOUTS[layout].format(a=a, b=b, question="Which of them failed?")
    pieces = message_pieces(text)
    assert "".join(piece.raw for piece in pieces) == text
    assert {piece.kind for piece in pieces if len(piece.raw) > 1_000} == {kind, other}


def test_data_within_a_program_is_a_part_of_it() -> None:
    text = f"{PROGRAM}STATES = \\\n{RECORDS}\n{PROGRAM}\nWhat does it return?"
    assert [piece.kind for piece in message_pieces(text) if len(piece.raw) > 1_000] == [Kind.CODE]
