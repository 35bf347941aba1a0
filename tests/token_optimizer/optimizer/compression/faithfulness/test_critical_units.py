"""What of a text must not be lost: numbers, identifiers, names, negations and orders."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.compression.faithfulness.critical_units import critical_units


def _units(text: str) -> set[tuple[str, ...]]:
    return set(critical_units(text).mentions)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", set()),
        ("They walked along the river.", set()),
        ("It took 1,250,000 steps.", {("number", "1,250,000")}),
        ("See user_4711.", {("identifier", "user_4711"), ("number", "4711")}),
        ("We asked Maria from NASA.", {("name", "Maria"), ("name", "NASA")}),
        ("Maria asked. Then it rained.", set()),
        ("The row was not found.", {("negation", "not", "found")}),
        ("It didn't start without the key.", {("negation", "n't", "start"), ("negation", "without", "key")}),
        ("You MUST return it.", {("directive", "must", "return"), ("name", "MUST")}),
    ],
)
def test_units(text: str, units: set[tuple[str, ...]]) -> None:
    assert _units(text) == units


@pytest.mark.parametrize(
    ("after", "share"),
    [
        ("Never ask Maria 3 times or 7 times.", 1.0),
        ("Maria: never ask 3 or 7.", 1.0),
        ("Never ask 3 times or 7 times.", 5 / 6),
        ("Never ask Maria 7 times.", 5 / 6),
        ("", 0.0),
    ],
)
def test_share_kept(after: str, share: float) -> None:
    before = critical_units("Never ask Maria 3 times or 7 times.")
    assert before.share_kept(critical_units(after)) == pytest.approx(share)


def test_the_opposite_is_worse_than_nothing() -> None:
    before = critical_units("Row 17 was not found in 1904.")
    silent = before.share_kept(critical_units("Row 17 was in 1904."))
    opposite = before.share_kept(critical_units("Row 17 was found in 1904."))
    assert silent is not None
    assert opposite is not None
    assert 0 == opposite < silent


def test_a_word_that_also_stands_without_its_negation_is_not_turned_round() -> None:
    before = critical_units("It was found. Later it was not found in 1904.")
    assert before.share_kept(critical_units("It was found in 1904.")) == pytest.approx(1 / 4)


def test_without_units_there_is_no_share() -> None:
    assert critical_units("They walked.").share_kept(critical_units("")) is None
