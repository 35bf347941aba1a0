"""The floor of each kind of text: what a passage must be worth, per token, to stay beyond the soft target.

The figures are data: `python -m benchmarks.calibration` measures them on cases with known needs.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from token_optimizer.models import Kind


class KindFloor(NamedTuple):
    """From which worth on a passage of the kind stays, and the share of the kind's tokens that may go."""

    floor: float
    max_cut: float


@cache
def kind_floors() -> dict[Kind, KindFloor]:
    """The floors by kind; a kind without one is never cut for the soft target."""
    text = files("token_optimizer.optimizer.selection").joinpath("floors.json").read_text()
    return {Kind(kind): KindFloor(**figures) for kind, figures in json.loads(text).items()}
