"""Which keys and conversations belong to a share: by a hash, so that each stays on its side while it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from optimizer_app.models import ApiKey

_PARTS = 10_000


def is_member(seed: str, percent: int, identity: str) -> bool:
    """Whether a key or conversation is among the `percent`."""
    return _place(seed, identity) < percent * _PARTS // 100


def member_keys(seed: str, percent: int, keys: Iterable[ApiKey]) -> list[ApiKey]:
    return [key for key in keys if is_member(seed, percent, str(key.pk))]


def least_percent(seed: str, keys: Iterable[ApiKey]) -> int:
    """The smallest share that has one of the keys in it."""
    return min((_place(seed, str(key.pk)) * 100 // _PARTS + 1 for key in keys), default=1)


def _place(seed: str, identity: str) -> int:
    """Where it stands, from 0 to 9,999, evenly spread."""
    text = f"{seed}\n{identity}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") % _PARTS
