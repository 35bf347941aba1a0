"""How many requests of a window have each config, model, key, tag and route, for the choices of filters.

Counted from rollups, all in one reading, so that they cost the same whatever is stored.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.numbers.formats import exact
from dashboard.shell.scope import Scope
from dashboard.shell.select import Options, Select
from optimizer_app.models import ApiKey
from optimizer_app.rollups.reading import Selection, sums

DIMENSIONS = ("project_id", "config_name", "config_version", "model", "api_key_id", "tag", "route")
_KEY_CHARS = 40

Counted = Mapping[str, int]
REQUESTS: Counted = {"requests": 1}


@dataclass(frozen=True, slots=True)
class Facets:
    """The window's requests by their dimensions, each row with its measures.

    `counted` is what the choices show: measures that are added (1) or taken off (-1); empty for no counts.
    """

    rows: Sequence[Mapping[str, Any]]
    selection: Selection
    counted: Counted = field(default_factory=lambda: REQUESTS)

    @classmethod
    def of(
        cls, scope: Scope, selection: Selection, measures: Sequence[str] = (), counted: Counted = REQUESTS
    ) -> Facets:
        """Those of the scope's window. The rows are of all its requests, whatever is selected."""
        everything = Selection(selection.project_ids)
        wanted = tuple(dict.fromkeys(("requests", *counted, *measures)))
        return cls(
            sums(everything, scope.window.stretch, (*DIMENSIONS, "fallback_reason"), wanted),
            selection,
            counted,
        )

    def selected(self, besides: str = "") -> list[Mapping[str, Any]]:
        """The rows that the selection lets through, one dimension of it left out."""
        chosen = {name: getattr(self.selection, name) for name in DIMENSIONS[1:] if name != besides}
        return [
            row for row in self.rows if all(row[name] == value for name, value in chosen.items() if value)
        ]

    def counts(self, dimension: str) -> Counter[Any]:
        """How many there are of each value, with the other filters applied."""
        counts: Counter[Any] = Counter()
        for row in self.selected(besides=dimension):
            counts[row[dimension]] += _count(row, self.counted or REQUESTS)
        return +counts

    def total(self, counted: Counted) -> int:
        """How many of the selection there are by these measures."""
        return sum(_count(row, counted) for row in self.selected())

    def select(
        self, name: str, dimension: str, empty: str, labels: Mapping[Any, str] | None = None
    ) -> Select:
        """A drop-down of a dimension's values, each with its count; what is chosen stays on it."""
        counts, chosen = self.counts(dimension), getattr(self.selection, dimension)
        values = {value for value in (*counts, chosen) if value}
        named = {value: (labels or {}).get(value, str(value)) for value in values}
        options: Options = tuple(
            (str(value), with_count(named[value], counts[value] if self.counted else None))
            for value in sorted(values, key=named.__getitem__)
        )
        return Select(name, name.capitalize(), empty, options, str(chosen or ""))

    def selects(self, *, with_project: bool) -> list[Select]:
        """The filters by config, model, key and tag that leave a choice, or are set."""
        found = (
            self.select("config", "config_name", "All configs"),
            self.select("model", "model", "All models"),
            self.select("key", "api_key_id", "All keys", self.key_labels(with_project=with_project)),
            self.select("tag", "tag", "All tags"),
        )
        return [select for select in found if select.is_choice]

    def key_labels(self, *, with_project: bool) -> dict[uuid.UUID, str]:
        """The names of the keys that were used."""
        used = {row["api_key_id"] for row in self.rows} | {self.selection.api_key_id}
        known = [key for key in used if key]
        keys = ApiKey.objects.filter(pk__in=known, project__in=self.selection.project_ids)
        return {
            key.pk: f"{key.project.name}: {key.name}"[:_KEY_CHARS] if with_project else key.name[:_KEY_CHARS]
            for key in keys.select_related("project")
        }


def with_count(label: str, count: int | None) -> str:
    """A choice of a filter, with how many requests it leads to where that is known."""
    return label if count is None else f"{label} ({exact(count)})"


def _count(row: Mapping[str, Any], counted: Counted) -> int:
    return sum(sign * row[measure] for measure, sign in counted.items())
