"""The table in the documentation is the one that the tests hold."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.translation.matrix import table

PAGE = Path(__file__).parents[3] / "docs" / "translation.md"


def test_the_page_shows_the_matrix() -> None:
    assert table() in PAGE.read_text()
