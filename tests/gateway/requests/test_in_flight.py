"""The bodies that one worker holds at a time: bounded for all callers together, and for each."""

from __future__ import annotations

from uuid import uuid4

import pytest

from gateway.errors import TooManyBytes, Unavailable
from gateway.requests.client import Client
from gateway.requests.in_flight import BytesInFlight, HeldBytes


def test_one_caller_does_not_take_what_others_need() -> None:
    in_flight = BytesInFlight(max_bytes=100, max_bytes_of_one=60)
    greedy, other = HeldBytes(in_flight, uuid4()), HeldBytes(in_flight, uuid4())
    greedy.add(60)
    with pytest.raises(TooManyBytes, match="this key's requests hold 0 MB at a time at most"):
        greedy.add(1)
    other.add(40)
    with pytest.raises(Unavailable):
        HeldBytes(in_flight).add(1)
    greedy.release()
    other.add(20)
    HeldBytes(in_flight).add(40)


def test_what_was_refused_is_not_held() -> None:
    in_flight = BytesInFlight(max_bytes=100, max_bytes_of_one=60)
    request = HeldBytes(in_flight)
    with pytest.raises(TooManyBytes):
        request.add(61)
    request.release()
    HeldBytes(in_flight).add(60)


async def test_a_body_is_held_while_it_comes() -> None:
    pieces = [b"a" * 40, b"b" * 40]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(_message: object) -> None:
        raise AssertionError

    client = Client({"method": "POST", "path": "/v1/messages", "headers": []}, receive, send)
    client.held = HeldBytes(BytesInFlight(max_bytes=100, max_bytes_of_one=60))
    with pytest.raises(TooManyBytes):
        await client.read_body(1000)
    assert not pieces
