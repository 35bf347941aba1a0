"""Traces wherever they are: in PostgreSQL, or those that were copied in ClickHouse.

Each trace is read from one of both: its id says which. So both together give what PostgreSQL alone would,
however far copying is. While ClickHouse is away all is read from PostgreSQL, as far back as that keeps them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from operator import add
from typing import Any, Protocol, Self, TypeVar, cast, overload

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q
from django.utils import timezone

from optimizer_app.clickhouse.client import ClickHouseAway, is_used, server
from optimizer_app.clickhouse.conditions import column_of
from optimizer_app.clickhouse.copying import copied_until, kept_from, kept_since
from optimizer_app.clickhouse.rows import ClickHouseRows
from optimizer_app.models import Project, RequestTrace
from optimizer_app.models.traces.trace import STREAMED_AT_A_TIME, RequestTraceQuerySet
from optimizer_app.trace_ids import first_id_at

Found = TypeVar("Found")


class TraceRows(Protocol):
    """What readers of traces ask: the part of Django's querysets that they need.

    `RequestTraceQuerySet` is one, and `StoredRows` another. Rows come by id, the newest first. Filters are
    those that `conditions.py` knows.
    """

    model: type[RequestTrace]

    def filter(self, *filters: Any, **lookups: Any) -> Self: ...
    def exclude(self, *filters: Any, **lookups: Any) -> Self: ...
    def order_by(self, *names: Any) -> Self: ...
    def select_related(self, *names: Any) -> Self: ...
    def none(self) -> Self: ...
    def without_details(self) -> Self: ...
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self: ...
    def since(self, moment: datetime) -> Self: ...
    def within(self, period: timedelta) -> Self: ...
    def of_conversation(self, conversation_id: uuid.UUID) -> Self: ...
    def get(self, *filters: Any, **lookups: Any) -> RequestTrace: ...
    def first(self) -> RequestTrace | None: ...
    def count(self) -> int: ...
    def values_list(self, *names: str) -> Iterable[tuple[Any, ...]]: ...
    def streamed(self, *names: str) -> Iterator[tuple[Any, ...]]: ...
    def counts(self, by: Sequence[str], *conditions: Q) -> list[tuple[Any, ...]]: ...
    def exists(self) -> bool: ...
    def __iter__(self) -> Iterator[RequestTrace]: ...
    @overload
    def __getitem__(self, places: int) -> RequestTrace: ...
    @overload
    def __getitem__(self, places: slice) -> Self: ...


def ask_both(
    rows: TraceRows,
    ask: Callable[[RequestTraceQuerySet, ClickHouseRows | None], Found],
    *,
    is_counted: bool = False,
) -> Found:
    """What `ask` makes of the rows that are read from each; of PostgreSQL's alone where there is nothing in
    ClickHouse, or that does not answer. `is_counted`: over all rows, as `_boundary` has it."""
    if not isinstance(rows, StoredRows):
        return ask(cast(RequestTraceQuerySet, rows), None)
    recent, older = replace(rows, is_counted=is_counted).parts()
    limit = rows.older.limit
    if older is not None:
        with suppress(ClickHouseAway):
            return ask(recent[:limit], older)
    return ask(rows.recent[:limit], None)


def in_each(
    rows: TraceRows,
    ask_postgres: Callable[[RequestTraceQuerySet], Found],
    ask_clickhouse: Callable[[ClickHouseRows], Found],
    *,
    is_counted: bool = False,
) -> list[Found]:
    """What PostgreSQL and ClickHouse say, each of the rows that are read from it."""

    def ask(recent: RequestTraceQuerySet, older: ClickHouseRows | None) -> list[Found]:
        return [ask_postgres(recent), *([] if older is None else [ask_clickhouse(older)])]

    return ask_both(rows, ask, is_counted=is_counted)


def reads_all_since(moment: datetime) -> bool:
    """Whether all traces since then can be read now: PostgreSQL keeps them, or ClickHouse answers."""
    return not is_used() or not server().is_away or moment >= kept_since(timezone.now())


def stored_traces() -> TraceRows:
    """All traces."""
    return (
        StoredRows(RequestTrace.objects.all(), ClickHouseRows()) if is_used() else RequestTrace.objects.all()
    )


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The same selection of both, of which each has its part; the first `skip` of them are left out."""

    recent: RequestTraceQuerySet
    older: ClickHouseRows
    skip: int = 0
    is_counted: bool = False
    model = RequestTrace

    def filter(self, *filters: Any, **lookups: Any) -> Self:
        return self._both("filter", *filters, **lookups)

    def exclude(self, *filters: Any, **lookups: Any) -> Self:
        return self._both("exclude", *filters, **lookups)

    def order_by(self, *names: Any) -> Self:
        return self._both("order_by", *names)

    def without_details(self) -> Self:
        return self._both("without_details")

    def select_related(self, *names: Any) -> Self:
        """Those from ClickHouse always have project and key."""
        return replace(self, recent=self.recent.select_related(*names))

    def none(self) -> Self:
        return replace(self, recent=self.recent.none(), older=self.older.first_rows(0))

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        return self.filter(project__in=Project.objects.visible_to(user))

    def since(self, moment: datetime) -> Self:
        return self.filter(id__gte=first_id_at(moment))

    def within(self, period: timedelta) -> Self:
        return self.since(timezone.now() - period)

    def of_conversation(self, conversation_id: uuid.UUID) -> Self:
        return self.filter(id__gte=conversation_id, conversation_id=conversation_id).order_by("id")

    def __getitem__(self, places: int | slice) -> Any:
        if isinstance(places, int):
            return next(iter(self[places : places + 1]))
        start = places.start or 0
        return replace(self, older=self.older.first_rows(places.stop), skip=self.skip + start)

    def __iter__(self) -> Iterator[RequestTrace]:
        return self._read(iter, iter)

    def values_list(self, *names: str) -> Iterator[tuple[Any, ...]]:
        columns = tuple(map(column_of, names))
        return self._read(lambda recent: recent.values_list(*names), lambda older: older.values(*columns))

    def streamed(self, *names: str) -> Iterator[tuple[Any, ...]]:
        return islice(self._in_parts(names), self.older.limit)

    def _in_parts(self, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        rows, beyond = self, "id__gt" if self.older.ascending else "id__lt"
        while part := list(rows[:STREAMED_AT_A_TIME].values_list("id", *names)):
            yield from (row[1:] for row in part)
            rows = rows.filter(**{beyond: part[-1][0]})

    def first(self) -> RequestTrace | None:
        return next(iter(self[:1]), None)

    def get(self, *filters: Any, **lookups: Any) -> RequestTrace:
        """The one; PostgreSQL has it sooner, where it has it."""
        found = self.filter(*filters, **lookups)
        try:
            return found.recent.get()
        except RequestTrace.DoesNotExist:
            for trace in found:
                return trace
            raise

    def counts(self, by: Sequence[str], *conditions: Q) -> list[tuple[Any, ...]]:
        found: dict[tuple[Any, ...], tuple[int, ...]] = {}
        ask_each = (
            lambda recent: recent.counts(by, *conditions),
            lambda older: older.counts(by, *conditions),
        )
        parts = in_each(self, *ask_each, is_counted=True)
        for *group, numbers in (row for part in parts for row in part):
            known = found.get(tuple(group), (0,) * len(numbers))
            found[tuple(group)] = tuple(map(add, known, numbers))
        return [(*group, numbers) for group, numbers in found.items()]

    def count(self) -> int:
        limit, boundary = self.older.limit, self._boundary()
        try:
            if boundary is not None and (older := self._older(boundary)):
                found = self._recent(boundary)[:limit].count() + older.count()
                return max((found if limit is None else min(found, limit)) - self.skip, 0)
        except ClickHouseAway:
            pass
        return max(self.recent[:limit].count() - self.skip, 0)

    def exists(self) -> bool:
        return self.first() is not None

    def _both(self, method: str, *values: Any, **named: Any) -> Self:
        return replace(
            self,
            recent=getattr(self.recent, method)(*values, **named),
            older=getattr(self.older, method)(*values, **named),
        )

    def _read(
        self,
        read_recent: Callable[[RequestTraceQuerySet], Iterable[Found]],
        read_older: Callable[[ClickHouseRows], Iterable[Found]],
    ) -> Iterator[Found]:
        boundary, limit = self._boundary(), self.older.limit
        if boundary is not None and (older := self._older(boundary)) is not None:
            parts = (
                partial(_first, read_recent, self._recent(boundary)),
                partial(_first_older, read_older, older),
            )
            with suppress(ClickHouseAway):
                return islice(_joined(parts[::-1] if older.ascending else parts, limit), self.skip, None)
        return islice(read_recent(self.recent[:limit]), self.skip, None)

    def parts(self) -> tuple[RequestTraceQuerySet, ClickHouseRows | None]:
        """What is to be read from each now; None where nothing is, or it is away."""
        boundary = self._boundary()
        if boundary is None or (older := self._older(boundary)) is None:
            return self.recent, None
        recent, limit = self._recent(boundary), older.limit
        return recent, older if limit is None else older.first_rows(max(limit - recent[:limit].count(), 0))

    def _boundary(self) -> uuid.UUID | None:
        """From which id on PostgreSQL is read; None while ClickHouse is away.

        Of lists that are what it keeps of all, since they mostly look for the newest, which it finds at once;
        what is counted over all rows it is asked for only where ClickHouse has not got them yet.
        """
        if server().is_away:
            return None
        until = copied_until()
        return until if self.is_counted else min(until, kept_from(timezone.now()))

    def _recent(self, boundary: uuid.UUID) -> RequestTraceQuerySet:
        return self.recent.filter(id__gte=boundary)

    def _older(self, boundary: uuid.UUID) -> ClickHouseRows | None:
        """What is to be read from ClickHouse, if anything."""
        if not boundary.int:
            return None
        older = self.older.filter(id__lt=boundary)
        return None if older.is_empty else older


def _first(
    read: Callable[[RequestTraceQuerySet], Iterable[Found]], rows: RequestTraceQuerySet, limit: int | None
) -> Iterable[Found]:
    return read(rows[:limit])


def _first_older(
    read: Callable[[ClickHouseRows], Iterable[Found]], rows: ClickHouseRows, limit: int | None
) -> Iterable[Found]:
    return read(rows.first_rows(limit))


def _joined(parts: Sequence[Callable[[int | None], Iterable[Found]]], limit: int | None) -> list[Found]:
    """The first rows of all parts, the last of which may not be needed."""
    found: list[Found] = []
    for part in parts:
        if limit is None or len(found) < limit:
            found += part(None if limit is None else limit - len(found))
    return found
