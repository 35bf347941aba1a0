"""A source is found as a whole between what is said around it."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("text", ["Who came first of all, and by which train did he come? " * 40, SPEC[:600]])
def test_prose_and_what_is_short_are_none(text: str) -> None:
    assert source_span(text) is None
