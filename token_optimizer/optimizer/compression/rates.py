"""The share of a text's tokens that a compressor is asked to keep."""

from __future__ import annotations

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.compression.result import Compression

# A first cut aims at this part of the loss that the threshold allows: the score is only known afterwards.
_CAUTION = 0.85
# A smaller step nearer to the ratio is not worth a second cut.
_MIN_STEP = 0.1


def asked_rate(ratio: float, threshold: float, loss_per_share: float = 1.0) -> float:
    """The share of the tokens to ask for: the ratio, or more where a cut so deep is not expected to score the
    threshold. Each share that goes takes about the same off the score, or `loss_per_share` times as much."""
    milder = 1 - _CAUTION * (1 - threshold) / loss_per_share if loss_per_share else 0.0
    return max(ratio, milder)


def nearer_rate(first: Compression, rate: float, ratio: float, threshold: float) -> float | None:
    """The rate nearer to the ratio at which a text is expected to stay above the threshold, by the score of
    its `first` cut at `rate`; None where that would not be worth another cut."""
    if not first.applied or first.score is None or rate >= 1:
        return None
    nearer = asked_rate(ratio, threshold, (1 - first.score) / (1 - rate))
    return nearer if rate - nearer >= _MIN_STEP else None


def check_ratio(ratio: float) -> None:
    """ConfigError where the ratio is no share."""
    if not 0 <= ratio <= 1:
        raise ConfigError(f"ratio must be between 0 and 1, not {ratio!r}")
