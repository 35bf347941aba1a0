"""The bodies that one worker holds at a time: bounded for all callers together, and for each."""

from __future__ import annotations

from uuid import uuid4

import pytest

from gateway.errors import TooManyBytes, Unavailable
from gateway.requests.client import Client
from gateway.requests.in_flight import BytesInFlight, HeldBy, HeldBytes

_SMALL = {HeldBy.KEY: 60, HeldBy.ADDRESS: 80, HeldBy.STRANGER: 10, HeldBy.STRANGERS: 15}


def _bounded() -> BytesInFlight:
    return BytesInFlight(max_bytes=100, max_bytes_of=_SMALL)


def test_one_key_does_not_take_what_others_need() -> None:
    in_flight = _bounded()
    greedy, other = HeldBytes(in_flight, key=uuid4()), HeldBytes(in_flight, key=uuid4())
    greedy.add(60)
    with pytest.raises(TooManyBytes, match="this key's requests hold 0 MB at a time at most"):
        greedy.add(1)
    other.add(40)
    with pytest.raises(Unavailable):
        HeldBytes(in_flight).add(1)
    greedy.release()
    other.add(20)
    HeldBytes(in_flight).add(15)


def test_several_keys_at_one_address_are_bounded_together() -> None:
    in_flight = _bounded()
    HeldBytes(in_flight, "10.0.0.1", uuid4()).add(60)
    with pytest.raises(TooManyBytes, match="this address"):
        HeldBytes(in_flight, "10.0.0.1", uuid4()).add(21)
    HeldBytes(in_flight, "10.0.0.2", uuid4()).add(21)


def test_strangers_hold_little_each_and_together() -> None:
    in_flight = _bounded()
    HeldBytes(in_flight, "10.0.0.1").add(10)
    with pytest.raises(TooManyBytes, match="this address's requests without a key"):
        HeldBytes(in_flight, "10.0.0.1").add(1)
    HeldBytes(in_flight, "10.0.0.2").add(5)
    with pytest.raises(TooManyBytes, match="requests without a key"):
        HeldBytes(in_flight, "10.0.0.3").add(1)
    HeldBytes(in_flight, "10.0.0.1", uuid4()).add(60)


def test_what_was_refused_is_not_held() -> None:
    in_flight = _bounded()
    request = HeldBytes(in_flight, "10.0.0.1", uuid4())
    with pytest.raises(TooManyBytes):
        request.add(61)
    request.release()
    HeldBytes(in_flight, key=uuid4()).add(60)


async def test_a_body_is_held_while_it_comes() -> None:
    pieces = [b"a" * 40, b"b" * 40]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(_message: object) -> None:
        raise AssertionError

    client = Client({"method": "POST", "path": "/v1/messages", "headers": []}, receive, send)
    client.held = HeldBytes(_bounded(), key=uuid4())
    with pytest.raises(TooManyBytes):
        await client.read_body(1000)
    assert not pieces
