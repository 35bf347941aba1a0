"""Each complaint of the field that we say a test holds is held by one that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.complaints import HELD, UNHELD

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("complaint", HELD)
def test_the_tests_that_hold_it_exist(complaint: str) -> None:
    assert HELD[complaint]
    for held in HELD[complaint]:
        path, _, name = held.partition("::")
        text = (TESTS / path).read_text()
        assert re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE), held


def test_nothing_is_both_held_and_not() -> None:
    assert not HELD.keys() & UNHELD.keys()
    assert all(UNHELD.values())
