"""The stages of a request on their time axis."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.traces.stage_sentences import STAGE_SENTENCES
from dashboard.traces.stages import stage_bars
from token_optimizer.optimizer.pipeline import STAGES


def test_stages_stand_one_after_another() -> None:
    bars = stage_bars([{"name": "junk", "ms": 1.0}, {"name": "logs", "ms": 3.0}])
    assert [(bar.x, bar.width) for bar in bars] == [(0, 25), (25, 75)]
    assert stage_bars([{"name": "junk", "ms": 0}])[0].width == 0


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        ({"status": "ran", "reason": "cut to errors"}, "cut to errors"),
        ({"status": "ran"}, ""),
        ({"status": "skipped", "reason": "3 ms left"}, "skipped: 3 ms left"),
        ({"status": "failed"}, "failed"),
        ({"reason": "cut", "tokens_re_read": 2140}, "cut; 2,140 tokens called for again"),
        ({"tokens_re_read": 7}, "7 tokens called for again"),
    ],
)
def test_outcome_names_the_status_once(stage: dict[str, Any], outcome: str) -> None:
    assert stage_bars([stage])[0].outcome == outcome


def test_every_stage_is_explained() -> None:
    assert {stage.name for stage in STAGES} <= STAGE_SENTENCES.keys()
