"""Stored prompts that a draft can be tried on: the newest requests of the config, and the project's sets."""

from __future__ import annotations

from optimizer_app.clickhouse.stored import TraceRows, stored_traces
from optimizer_app.models import OptimizationConfig
from optimizer_app.playground.stored.sets import sets_of
from optimizer_app.playground.stored.sources import Source, captured, captured_sources, set_sources

CAPTURED, SET = "captured:", "set:"
COUNTS = (5, 20, 50)


def stored_choices(config: OptimizationConfig) -> list[tuple[str, str]]:
    """What can be chosen, with its label."""
    kept = captured(_traces(config)).order_by()[: COUNTS[-1]].count()
    counts = [count for count in COUNTS if count < kept] + [kept] if kept else []
    newest = [(f"{CAPTURED}{count}", f"Newest {count} requests that it keeps") for count in counts]
    return newest + [
        (f"{SET}{found.name}", f"Set {found.name}, {found.count}") for found in sets_of(config.project)
    ]


def sources_chosen(chosen: str, config: OptimizationConfig) -> list[Source]:
    """The prompts of a choice; none where it is another one."""
    if chosen.startswith(SET):
        return set_sources(config.project, chosen[len(SET) :])
    count = chosen.removeprefix(CAPTURED)
    if chosen.startswith(CAPTURED) and count.isdecimal():
        return captured_sources(_traces(config), min(int(count), COUNTS[-1]))
    return []


def _traces(config: OptimizationConfig) -> TraceRows:
    return stored_traces().filter(project=config.project_id, config_name=config.name)
