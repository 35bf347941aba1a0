"""What differs between two states of a config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optimizer_app.configs.values import ConfigValues

PRESET = "preset"


@dataclass(frozen=True, slots=True)
class Change:
    """A field, or `preset`, with its values before and after."""

    name: str
    before: Any
    after: Any


def changes(before: ConfigValues, after: ConfigValues) -> list[Change]:
    """The fields whose value differs, as a request would meet them; the preset first."""
    old, new = before.whole(), after.whole()
    found = [Change(name, old[name], new[name]) for name in old if old[name] != new[name]]
    if before.preset != after.preset:
        found.insert(0, Change(PRESET, before.preset, after.preset))
    return found


def merged(base: ConfigValues, own: ConfigValues, others: ConfigValues) -> ConfigValues:
    """What others made of `base`, with one's own changes to it on top."""
    changed = {change.name: change.after for change in changes(base, own)}
    preset = changed.pop(PRESET, others.preset)
    return ConfigValues.differing(preset, {**others.whole(), **changed})
