"""`POST /v1/traces/{id}/feedback`: what the caller says of an answer, once for each request and key."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import Annotated

import orjson
from pydantic import Field, StringConstraints

from gateway.callers.auth import Caller
from gateway.endpoints.base import JsonAnswer, known_caller
from gateway.endpoints.traces import asked_trace_id, unknown_trace
from gateway.requests.bodies.body import Body, checked, parsed_object
from gateway.requests.client import Client
from gateway.state import Gateway
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import TraceFeedback
from optimizer_app.traces.feedback import Feedback, give_feedback

MAX_WAIT_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.1


class FeedbackBody(Body):
    score: Annotated[float, Field(ge=-1, le=1)]
    label: Annotated[str, StringConstraints(max_length=60)] = ""
    comment: Annotated[str, StringConstraints(max_length=2_000)] = ""


async def feedback(gateway: Gateway, client: Client, params: Mapping[str, str]) -> JsonAnswer:
    """A request of the caller's own project; 404 for any other."""
    caller = await known_caller(gateway, client)
    trace_id = asked_trace_id(params["trace_id"])
    body, _ = parsed_object(await gateway.read_body(client))
    said = checked(FeedbackBody, body)
    given = Feedback(said.score, said.label, said.comment)
    kept = await _kept_once_stored(gateway, caller, trace_id, given)
    if kept is None:
        raise unknown_trace(params["trace_id"])
    answer = {"trace_id": str(trace_id), "score": kept.score, "label": kept.label}
    return JsonAnswer(orjson.dumps({**answer, "comment_kept": bool(kept.encrypted_comment)}))


async def _kept_once_stored(
    gateway: Gateway, caller: Caller, trace_id: uuid.UUID, given: Feedback
) -> TraceFeedback | None:
    """Who answers at once may be faster than the trace is stored."""
    give_up_at = time.monotonic() + MAX_WAIT_SECONDS
    gateway.recorder.nudge()
    while True:
        kept = await gateway.from_database(lambda: _kept(caller, trace_id, given))
        if kept is not None or time.monotonic() > give_up_at:
            return kept
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


def _kept(caller: Caller, trace_id: uuid.UUID, given: Feedback) -> TraceFeedback | None:
    trace = stored_traces().filter(project_id=caller.project_id, pk=trace_id).without_details().first()
    return give_feedback(trace, caller.api_key_id, given) if trace is not None else None
