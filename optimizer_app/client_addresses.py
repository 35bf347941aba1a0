"""By which address the bounds for one client count it.

Proxies that are trusted are not counted themselves: they say for whom each request is, and uvicorn gives it
that address. Of an IPv6 client its network of 64 bits counts, since all addresses in it are its own to use.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from django.conf import settings

_MAX_REMEMBERED = 4096
_CLIENT_BITS = 64


@lru_cache(_MAX_REMEMBERED)
def counted_address(host: str) -> str | None:
    """The address, or its network; None for a trusted proxy, and where it is none, as on a Unix socket."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if any(address in network for network in settings.TRUSTED_PROXIES):
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, _CLIENT_BITS), strict=False))
