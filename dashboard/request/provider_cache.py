"""What was added for the provider's cache, and what the provider did to the conversation, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.numbers.formats import exact
from optimizer_app.models import RequestTrace

_PLACES = {
    "tools": "the tools",
    "system": "the system text",
    "turn_before": "the turn before",
    "newest_turn": "the newest turn",
}
_LIFETIMES = {"5m": "5 min", "1h": "1 h"}


def breakpoints_added(trace: RequestTrace) -> str:
    """Behind what breakpoints of ours stand, and how long they hold; empty where there are none."""
    return ", ".join(
        f"{_PLACES.get(mark['place'], mark['place'])} ({_LIFETIMES.get(mark['lifetime'], mark['lifetime'])})"
        for mark in trace.breakpoints_added
    )


def provider_edits(trace: RequestTrace) -> str:
    """What the provider says that it cleared or compacted; empty where it says nothing."""
    return "; ".join(map(_edit, trace.provider_edits))


def _edit(edit: Mapping[str, Any]) -> str:
    counts = [
        f"{exact(count)} {name.replace('_', ' ')}" for name, count in edit.items() if isinstance(count, int)
    ]
    return ": ".join(filter(None, (str(edit.get("type", "")), ", ".join(counts))))
