"""Each complaint of the field that we say a test holds is held by one that there is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.project.complaints import HELD, UNHELD

TESTS = Path(__file__).parents[1]
_TEST = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


@cache
def _tests() -> set[str]:
    """The names of all tests."""
    files = TESTS.rglob("test_*.py")
    return {name for file in files for name in _TEST.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("complaint", HELD)
def test_the_tests_that_hold_it_exist(complaint: str) -> None:
    assert HELD[complaint]
    assert set(HELD[complaint]) <= _tests()


def test_nothing_is_both_held_and_not() -> None:
    assert not HELD.keys() & UNHELD.keys()
    assert all(UNHELD.values())
