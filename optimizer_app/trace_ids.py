"""Trace ids: UUID version 7 (RFC 9562), so that an id tells the millisecond it was made in."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import uuid_utils.compat

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 80
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def new_trace_id() -> uuid.UUID:
    return uuid_utils.compat.uuid7()


def first_id_at(moment: datetime) -> uuid.UUID:
    """The lowest id that could have been made at the moment, or after it: a bound for ranges."""
    milliseconds = max(0, (moment - _EPOCH) // timedelta(milliseconds=1))
    return uuid.UUID(int=milliseconds << _RANDOM_BITS)


def made_at(trace_id: uuid.UUID) -> datetime:
    """When an id was made, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=trace_id.int >> _RANDOM_BITS)


def id_in_millisecond(other: uuid.UUID, digest: bytes) -> uuid.UUID:
    """The one id of a digest of at least ten bytes in the millisecond of another id."""
    low = int.from_bytes(digest[:8]) >> 2
    middle = int.from_bytes(digest[8:10]) >> 4
    return uuid.UUID(
        int=other.int >> _RANDOM_BITS << _RANDOM_BITS | _VERSION_7 | middle << 64 | _VARIANT | low
    )
