"""OpenAI: the input of its batch API, a request a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from token_optimizer.cli.reading import body_dialect
from token_optimizer.cli.replay.logs.request import LoggedRequest, Row

NAME = "OpenAI batch"
_PATHS = ("/v1/chat/completions", "/v1/responses")


def is_own(row: Row) -> bool:
    return "custom_id" in row and "url" in row and isinstance(row.get("body"), dict)


def requests(rows: Iterable[Row]) -> Iterator[LoggedRequest]:
    """Embeddings and the like have no prompt to make smaller."""
    for row in rows:
        if row.get("url") in _PATHS:
            yield LoggedRequest(row["body"], body_dialect(row["body"]), is_batch=True)
