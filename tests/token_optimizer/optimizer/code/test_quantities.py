"""The quantities that the cells of a column tell."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.code.quantities import quantities


@pytest.mark.parametrize(
    "rising",
    [
        ["-3", "0.5", "12", "1,200"],
        ["88K", "900M", "1.5G", "2T"],
        ["40ms", "3s", "5m", "2h", "1d"],
        ["$90", "$1,200.50", "$3,000"],
        ["9%", "45%", "98%"],
        ["2025-11-30", "2026-03-01", "2026-03-01T09:30:00Z", "2026-03-02"],
        ["0:22", "5:01", "412:07"],
        ["12 ++--", "40 +", "1877 ++++----"],
    ],
)
def test_they_are_in_order(rising: list[str]) -> None:
    found = quantities(rising)
    assert sorted(found, key=found.__getitem__) == list(range(len(rising)))


def test_empty_cells_tell_none() -> None:
    assert quantities(["", "7", "", "9"]) == {1: 7.0, 3: 9.0}


@pytest.mark.parametrize("cells", [["paid", "7", "open"], ["E-7", "x 9", "2026-13-99"], []])
def test_words_are_no_quantities(cells: list[str]) -> None:
    assert quantities(cells) == {}
