"""Tables that can be taken away as CSV: small ones at once, long ones as the database gives them."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CHUNK_ROWS = 1_000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Row = Sequence[Any]
# What it reads from is closed with it.
Rows = Generator[Row, None, None]
Answer = TypeVar("Answer", bound=HttpResponseBase)


def csv_response(name: str, header: Row, rows: Iterable[Row]) -> HttpResponse:
    """The rows as a file of that name for the browser to save."""
    return _as_file(HttpResponse(_csv([header, *rows])), name)


def streamed_csv(name: str, header: Row, rows: Rows) -> StreamingHttpResponse:
    """The same of rows that are read while they are sent: few are in memory at a time."""
    return _as_file(StreamingHttpResponse(_Stream(header, rows)), name)


class _Stream:
    """The file in parts. The response closes it, also where its reader leaves before the end."""

    def __init__(self, header: Row, rows: Rows) -> None:
        self._rows = _rows(header, rows)

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> str:
        part = await sync_to_async(self._part)()
        if not part:
            raise StopAsyncIteration
        return part

    def _part(self) -> str:
        return _csv(islice(self._rows, CHUNK_ROWS))

    def close(self) -> None:
        self._rows.close()


def _rows(header: Row, rows: Rows) -> Generator[Row, None, None]:
    yield header
    yield from rows


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _as_file(answer: Answer, name: str) -> Answer:
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _cell(value: Any) -> Any:
    """Times in ISO 8601, numbers without exponents; a text that a spreadsheet would run is quoted."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
