"""Differences of ratios, and how sure one may be of them."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from optimizer_app.holdout.statistics import MIN_UNITS, difference, ratio, student_quantile
from optimizer_app.holdout.sums import Sums


def sums(pairs: Iterable[tuple[float, float]]) -> Sums:
    found = list(pairs)
    return Sums(
        sum(of > 0 for _, of in found),
        sum(counted for counted, _ in found),
        sum(of for _, of in found),
        sum(counted**2 for counted, _ in found),
        sum(of**2 for _, of in found),
        sum(counted * of for counted, of in found),
    )


def ones(*values: float) -> Sums:
    return sums((value, 1) for value in values)


# Of the tables of Student's t.
@pytest.mark.parametrize(
    ("probability", "freedom", "value"),
    [(0.975, 9, 2.2622), (0.975, 30, 2.0423), (0.975, 1000, 1.9623), (0.8, 10, 0.8791), (0.5, 9, 0.0)],
)
def test_quantiles_are_those_of_the_tables(probability: float, freedom: float, value: float) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(value, abs=6e-4)


def test_of_plain_values_it_is_welchs_test() -> None:
    """The first example of Ruxton, "The unequal variance t-test", recomputed by hand: means 20.82 and 23.69,
    variances 7.72 and 15.59 of ten values each."""
    first = [18.1, 24.9, 21.3, 17.2, 22.8, 19.6, 24.1, 18.8, 20.9, 20.5]
    second = [27.8, 20.1, 22.5, 29.4, 17.3, 26.0, 24.7, 19.2, 25.5, 24.4]
    found = difference(ones(*first), ones(*second))
    means = [sum(values) / 10 for values in (first, second)]
    variances = [
        sum((value - mean) ** 2 for value in values) / 9
        for values, mean in zip((first, second), means, strict=True)
    ]
    error = ((variances[0] + variances[1]) / 10) ** 0.5
    freedom = 9 * sum(variances) ** 2 / (variances[0] ** 2 + variances[1] ** 2)
    assert found is not None
    assert found.value == pytest.approx(means[1] - means[0])
    assert found.high - found.low == pytest.approx(2 * student_quantile(0.975, freedom) * error)
    assert found.low < found.value < found.high


def test_few_conversations_say_nothing() -> None:
    few, enough = ones(*range(MIN_UNITS - 1)), ones(*range(50))
    assert difference(few, enough) is None
    assert difference(enough, few) is None
    assert difference(enough, enough) is not None


def test_alike_conversations_have_no_spread() -> None:
    found = difference(ones(*[2.0] * 20), ones(*[2.0] * 30))
    assert found is not None
    assert (found.value, found.low, found.high, found.detectable) == (0, 0, 0, 0)
    assert not found.is_shown


def test_a_group_without_any_has_no_figure() -> None:
    assert ratio(sums([(0, 0)] * 30)) is None


def drawn(draw: random.Random, count: int, mean: float) -> Sums:
    """Conversations of a few requests, whose latency is their own: their requests are not independent."""
    pairs = []
    for _ in range(count):
        own, requests = draw.gauss(mean, 3), draw.randint(1, 9)
        pairs.append((sum(draw.gauss(own, 1) for _ in range(requests)), requests))
    return sums(pairs)


def shown_share(second_mean: float) -> float:
    draw = random.Random(15)
    trials = [difference(drawn(draw, 60, 20), drawn(draw, 60, second_mean)) for _ in range(600)]
    return sum(found is not None and found.is_shown for found in trials) / len(trials)


def test_no_difference_is_shown_in_one_of_twenty_and_a_detectable_one_in_four_of_five() -> None:
    assert 0.03 < shown_share(20) < 0.08
    found = difference(drawn(random.Random(1), 60, 20), drawn(random.Random(2), 60, 20))
    assert found is not None
    assert 0.7 < shown_share(20 + found.detectable) < 0.9
