"""The latency budget: what fits, what is learned from what was measured, and what the trace says."""

from __future__ import annotations

import pytest

from token_optimizer.errors import StageSkipped
from token_optimizer.runtime.latency import EXTRACTIVE, Latency, Speeds, Work

WORK = Work("work", ms_per_1k=10.0, loading_ms=500.0)


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def pass_ms(self, ms: float) -> None:
        self.seconds += ms / 1000


@pytest.fixture
def clock() -> Clock:
    return Clock()


def latency(clock: Clock, limit_ms: float = 2000.0) -> Latency:
    return Latency(limit_ms, clock, Speeds())


def test_the_time_runs_from_the_beginning_and_never_below_nothing(clock: Clock) -> None:
    time = latency(clock)
    clock.pass_ms(1500)
    assert time.left_ms() == pytest.approx(500)
    clock.pass_ms(1500)
    assert time.left_ms() == 0


def test_the_first_guess_holds_the_loading() -> None:
    assert Speeds().estimate_ms(WORK, 3000) == 530


def test_the_first_measurement_only_says_that_all_is_loaded() -> None:
    speeds = Speeds()
    speeds.measured(WORK, 1000, 900.0)
    assert speeds.estimate_ms(WORK, 3000) == 30
    speeds.unloaded(WORK)
    assert speeds.estimate_ms(WORK, 3000) == 530


def test_the_estimate_follows_what_is_measured() -> None:
    speeds = Speeds()
    speeds.measured(WORK, 0, 0.0)
    speeds.measured(WORK, 1000, 20.0)
    assert speeds.estimate_ms(WORK, 1000) == pytest.approx(12.0)
    for _ in range(40):
        speeds.measured(WORK, 4000, 80.0)
    assert speeds.estimate_ms(WORK, 1000) == pytest.approx(20.0, abs=0.01)


def test_a_short_text_moves_the_estimate_less() -> None:
    speeds = Speeds()
    speeds.measured(WORK, 0, 0.0)
    speeds.measured(WORK, 100, 20.0)
    # 200 ms for 1,000 tokens, a tenth of the weight.
    assert speeds.estimate_ms(WORK, 1000) == pytest.approx(10 + 0.02 * 190)


def test_every_kind_of_work_has_its_own_speed() -> None:
    speeds = Speeds()
    speeds.measured(WORK, 0, 0.0)
    assert speeds.estimate_ms(EXTRACTIVE, 0) == EXTRACTIVE.loading_ms


def test_work_fits_until_the_time_is_too_short(clock: Clock) -> None:
    time = latency(clock)
    assert time.fits(WORK, 100_000)
    clock.pass_ms(600)
    assert not time.fits(WORK, 100_000)
    with pytest.raises(StageSkipped, match=r"would take about 1,500 ms, 1,400 ms are left$"):
        time.demand(WORK, 100_000)


def test_what_does_not_fit_says_what_it_would_have_saved(clock: Clock) -> None:
    time = latency(clock, 320)
    time.speeds.measured(WORK, 0, 0.0)
    told = time.why_not(WORK, 90_000, 2100)
    assert told == "would take about 900 ms, 320 ms are left; would have saved about 2,100 tokens"


def test_work_is_measured_by_the_same_clock(clock: Clock) -> None:
    time = latency(clock)
    for _ in range(2):
        with time.measuring(WORK, 1000):
            clock.pass_ms(60)
    assert time.speeds.estimate_ms(WORK, 1000) == pytest.approx(20.0)


def test_work_that_fails_teaches_nothing(clock: Clock) -> None:
    time = latency(clock)
    with pytest.raises(KeyError), time.measuring(WORK, 1000):
        raise KeyError
    assert time.speeds.estimate_ms(WORK, 1000) == 510
