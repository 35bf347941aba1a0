"""The floor of each kind of text: what a passage must be worth, per token, to stay beyond the soft target.

The figures are data: `python -m benchmarks.choice.calibration` measures them on cases with known needs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from token_optimizer.config import TOOL_RESULT
from token_optimizer.models import Kind


class KindFloor(NamedTuple):
    """From which worth on a passage stays, and the share of the tokens that may go."""

    floor: float
    max_cut: float


@cache
def kind_floors() -> Mapping[Kind, KindFloor]:
    """The floors by kind; a kind without one is never cut for the soft target."""
    return {Kind(kind): KindFloor(**figures) for kind, figures in _data()["kinds"].items()}


def floors_of(factors: Mapping[str, float]) -> Mapping[Kind, KindFloor]:
    """The floors by kind, as the config's factors move them."""
    if not factors:
        return kind_floors()
    return {kind: _moved(found, factors.get(kind.value, 1.0)) for kind, found in kind_floors().items()}


def tool_result_floor_of(factors: Mapping[str, float]) -> KindFloor:
    """The floor of what tools return to an agent, as the config's factor moves it."""
    return _moved(tool_result_floor(), factors.get(TOOL_RESULT, 1.0))


def _moved(found: KindFloor, factor: float) -> KindFloor:
    return found if factor == 1.0 else found._replace(floor=found.floor * factor)


@cache
def fact_floor() -> KindFloor:
    """The floor of a transcript that answers the question in one place."""
    return KindFloor(**_data()["fact_in_transcript"])


@cache
def chat_floor() -> KindFloor:
    """The floor of a transcript in which a user and an assistant speak: a conversation as it is in messages,
    of which a question needs few turns."""
    return KindFloor(**_data()["chat_in_transcript"])


@cache
def tool_result_floor() -> KindFloor:
    """The floor of what tools return to an agent."""
    return KindFloor(**_data()["tool_result"])


def _data() -> Any:
    return json.loads(files(__package__).joinpath("floors.json").read_text())
