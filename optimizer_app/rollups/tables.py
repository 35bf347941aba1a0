"""What a table of rollups holds, and the statements that fill it: from traces, and from shorter spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from optimizer_app.models import SpanRollup

# What stands in rows of whole projects for a dimension that they do not keep; "" for all others.
_NOTHING = {"api_key_id": "NULL", "config_version": "NULL", "tags": "'{}'::jsonb"}


@dataclass(frozen=True, slots=True)
class Rollup:
    """Sums of one table.

    `rows` is a SELECT of what is summed from the traces that meet its `{condition}`: every dimension,
    `created_at`, and the columns that `from_rows` sums. `added` sums rows of rollups. `whole` are the
    dimensions that rows of whole projects keep.

    `in_clickhouse` is the same SELECT from traces there, of those in `picked`, and `from_rows_there` what is
    summed in other words there: histograms as maps, of so many `bins`.
    """

    model: type[SpanRollup]
    rows: str
    dimensions: tuple[str, ...]
    whole: tuple[str, ...]
    from_rows: Mapping[str, str]
    added: Mapping[str, str]
    in_clickhouse: str
    from_rows_there: Mapping[str, str] = field(default_factory=dict)
    bins: Mapping[str, int] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def names(self) -> str:
        """The dimensions, as the list of a SELECT."""
        return ", ".join(self.dimensions)

    def insert_traces(self) -> str:
        """One span, from the traces between two ids."""
        rows = self.rows.format(condition="id >= %(first)s AND id < %(end_id)s")
        return f"""
        {self._insert} WITH traced AS MATERIALIZED ({rows})
        SELECT %(seconds)s, %(start)s, false, {self.names}, {selected(self.from_rows, self.from_rows)}
        FROM traced GROUP BY {self.names}
        """  # noqa: S608 -- the names are constants

    def insert_shorter(self) -> str:
        """One span, from the shorter ones in it."""
        return f"""
        {self._insert}
        SELECT %(seconds)s, %(start)s, false, {self.names}, {selected(self.added, self.added)}
        FROM {self.table}
        WHERE seconds = %(shorter)s AND NOT is_whole AND start >= %(start)s AND start < %(end)s
        GROUP BY {self.names}
        """  # noqa: S608 -- the names are constants

    def insert_whole(self) -> str:
        """The rows of whole projects, from the others of the span."""
        return f"""
        {self._insert}
        SELECT seconds, start, true, {", ".join(map(self._kept, self.dimensions))},
          {selected(self.added, self.added)}
        FROM {self.table} WHERE seconds = %(seconds)s AND NOT is_whole AND start = %(start)s
        GROUP BY seconds, start, {", ".join(self.whole)}
        """  # noqa: S608 -- the names are constants

    @property
    def _insert(self) -> str:
        return f"INSERT INTO {self.table} (seconds, start, is_whole, {self.names}, {', '.join(self.added)})"

    def _kept(self, name: str) -> str:
        return name if name in self.whole else _NOTHING.get(name, "''")


def selected(expressions: Mapping[str, str], names: Iterable[str]) -> str:
    """The named measures, as the list of a SELECT."""
    return ", ".join(f"{expressions[name]} AS {name}" for name in names)
