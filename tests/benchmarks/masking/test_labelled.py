"""The labelled texts, and how the detectors fare on them."""

from __future__ import annotations

from benchmarks.masking.__main__ import Score
from benchmarks.masking.labelled import labelled
from token_optimizer.masking.detectors import DETECTORS

# What no shape tells is among them: see `_hard`.
MIN_RECALL = 0.85


def test_every_label_stands_in_its_text() -> None:
    for each in labelled():
        assert all(value in each.text and name in DETECTORS for name, value in each.found)


def test_each_detector_finds_most_and_nothing_wrong() -> None:
    for seed in (11, 12, 13):
        score = Score(list(labelled(seed)))
        assert not score.wrong, score.misses
        assert all(score.recall(name) >= MIN_RECALL for name in DETECTORS), score.misses
