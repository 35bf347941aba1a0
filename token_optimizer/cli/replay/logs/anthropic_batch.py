"""Anthropic: message batches, as the `requests` of one object or a request a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from token_optimizer.cli.replay.logs.request import LoggedRequest, Row

NAME = "Anthropic batch"


def is_own(row: Row) -> bool:
    return "custom_id" in row and isinstance(row.get("params"), dict)


def requests(rows: Iterable[Row]) -> Iterator[LoggedRequest]:
    for row in rows:
        yield LoggedRequest(row["params"], "anthropic", is_batch=True)
