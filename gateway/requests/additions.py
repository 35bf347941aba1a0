"""What is added to a body beside the optimizer's work, and a body with it.

Each addition goes by the field that it brings, by which a server that does not know the field refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.requests.prompt import PromptRequest
from optimizer_app.optimize.service import Optimized

ASK_FOR_USAGE = "stream_options"
Rewrite = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Addition:
    """What brings the field `name`: top-level `members` to add to a body, or what rewrites it. The trace
    tells of its `breakpoints`."""

    name: str
    members: Mapping[str, Any] = field(default_factory=dict)
    rewrite: Rewrite | None = None
    breakpoints: Sequence[Mapping[str, str]] = ()


def usage_request(request: PromptRequest) -> Addition:
    """Asks for the usage of a stream, with the client's other options."""
    options = {**request.body.get(ASK_FOR_USAGE, {}), "include_usage": True}
    return Addition(ASK_FOR_USAGE, {ASK_FOR_USAGE: options})


def body_with(additions: Sequence[Addition], request: PromptRequest, result: Optimized) -> bytes:
    """The body to send. What the optimizer left alone goes out in the client's own bytes where it can."""
    members: dict[str, Any] = {}
    body: Mapping[str, Any] = result.body
    for addition in additions:
        members |= addition.members
        body = addition.rewrite(body) if addition.rewrite else body
    if body is not result.body or (result.changed or members.keys() & request.body.keys()):
        return orjson.dumps({**body, **members})
    return _appended(request.raw, members) if members else request.raw


def _appended(raw: bytes, members: Mapping[str, Any]) -> bytes:
    """The text of an object with members at its end; one that has any, as a request has."""
    end = raw.rindex(b"}")
    return raw[:end] + b"," + orjson.dumps(members)[1:-1] + raw[end:]
