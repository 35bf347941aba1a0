"""A drop-down that filters a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Options = tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Select:
    """`name` is the filter's name in the URL, `empty` the text of the choice that filters by nothing."""

    name: str
    label: str
    empty: str
    options: Options
    chosen: str

    @property
    def is_choice(self) -> bool:
        """Whether it leaves a choice, or is set."""
        return len(self.options) > 1 or bool(self.chosen)


def options_of(values: Iterable[str]) -> Options:
    """Options whose text is their value."""
    return tuple((value, value) for value in values)
