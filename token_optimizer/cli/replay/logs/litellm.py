"""LiteLLM: rows of its spend logs, and the payloads that its proxy logs to files and buckets.

Prompts stand in them where `store_prompts_in_spend_logs` is on: the whole body as `proxy_server_request`,
else the messages alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from token_optimizer.cli.reading import body_dialect
from token_optimizer.cli.replay.logs.request import LoggedRequest, Row
from token_optimizer.cli.replay.logs.values import are_messages, first, parsed, seconds

NAME = "LiteLLM"


def is_own(row: Row) -> bool:
    return "call_type" in row and "startTime" in row and ("messages" in row or "proxy_server_request" in row)


def requests(rows: Iterable[Row]) -> Iterator[LoggedRequest]:
    for row in rows:
        body = _body(row)
        if body is not None:
            session = first(row, "session_id", "trace_id") or first(parsed(row.get("metadata")), "session_id")
            yield LoggedRequest(body, body_dialect(body), seconds(row["startTime"]), str(session or ""))


def _body(row: Row) -> dict[str, Any] | None:
    whole = parsed(row.get("proxy_server_request"))
    whole = whole.get("body", whole) if isinstance(whole, dict) else {}
    # The proxy's name of a model is its user's own; the row has the provider's.
    model = {"model": row.get("model") or whole.get("model")}
    if are_messages(whole.get("messages")) or whole.get("input"):
        return {**whole, **model}
    messages = parsed(row.get("messages"))
    if not are_messages(messages):
        return None
    tools = first(parsed(row.get("model_parameters")), "tools")
    return {**model, "messages": messages, **({"tools": tools} if are_messages(tools) else {})}
