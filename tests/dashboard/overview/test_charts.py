"""The geometry of the small charts."""

from __future__ import annotations

import pytest

from dashboard.overview.charts import gauge, route_shares


@pytest.mark.parametrize(("share", "end"), [(0, 0.1), (0.1, 0.1), (0.11, 0.25), (0.3, 0.5), (1, 1)])
def test_gauge_grows(share: float, end: float) -> None:
    assert gauge(share).end == end
    assert gauge(share).width == pytest.approx(share / end * 100)


def test_routes_share_one_bar() -> None:
    heuristics, cache = route_shares({"cache": 1, "heuristic_only": 3})
    assert (heuristics.name, heuristics.share, heuristics.x) == ("heuristic_only", 0.75, 0)
    assert (cache.name, cache.count, cache.x) == ("cache", 1, 75)
