"""The geometry of the small charts."""

from __future__ import annotations

import pytest

from dashboard.overview.charts import gauge


@pytest.mark.parametrize(("share", "end"), [(0, 0.1), (0.1, 0.1), (0.11, 0.25), (0.3, 0.5), (1, 1)])
def test_gauge_grows(share: float, end: float) -> None:
    assert gauge(share).end == end
    assert gauge(share).width == pytest.approx(share / end * 100)
