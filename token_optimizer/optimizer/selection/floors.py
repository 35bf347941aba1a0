"""The floor of each kind of text: what a passage must be worth, per token, to stay beyond the soft target.

The figures are data: `python -m benchmarks.calibration` measures them on cases with known needs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from token_optimizer.models import Kind


class KindFloor(NamedTuple):
    """From which worth on a passage stays, and the share of the tokens that may go."""

    floor: float
    max_cut: float


@cache
def kind_floors() -> Mapping[Kind, KindFloor]:
    """The floors by kind; a kind without one is never cut for the soft target."""
    return {Kind(kind): KindFloor(**figures) for kind, figures in _data()["kinds"].items()}


@cache
def fact_floor() -> KindFloor:
    """The floor of a transcript that answers the question in one place."""
    return KindFloor(**_data()["fact_in_transcript"])


@cache
def tool_result_floor() -> KindFloor:
    """The floor of what tools return to an agent."""
    return KindFloor(**_data()["tool_result"])


def _data() -> Any:
    return json.loads(files(__package__).joinpath("floors.json").read_text())
