"""`/metrics`: what Prometheus reads. By its token, or where none is set from this machine alone.

A web page that is open on this machine must not read it: its script sends `Origin`, and a name of its own
that leads here stands in `Host`.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error as DatabaseError

from gateway.database import in_database
from gateway.errors import Forbidden, Unauthorized, Unavailable
from gateway.requests.client import FROM_PROXIES, Client
from gateway.state import Gateway
from optimizer_app.metrics.exposition import CONTENT_TYPE
from optimizer_app.system.gauges import metrics_page

_NOT_LOCAL = FROM_PROXIES | {"origin"}


async def metrics(_gateway: Gateway, client: Client, _params: Mapping[str, str]) -> None:
    _check(client)
    try:
        page = await in_database(metrics_page)
    except DatabaseError:
        raise Unavailable("the metrics are not known: the database does not answer in time") from None
    await client.answer(200, [("content-type", CONTENT_TYPE), ("cache-control", "no-store")], page.encode())


def _check(client: Client) -> None:
    """Unauthorized or Forbidden for who may not read them."""
    if not settings.METRICS_TOKEN:
        if not _is_local(client):
            raise Forbidden("without OPTIMIZER_METRICS_TOKEN metrics are for this machine alone")
        return
    expected = f"bearer {settings.METRICS_TOKEN}".encode()
    scheme, _, token = client.headers.get("authorization", "").partition(" ")
    if not hmac.compare_digest(f"{scheme.lower()} {token.strip()}".encode(), expected):
        raise Unauthorized(
            "metrics need Authorization: Bearer with the value of OPTIMIZER_METRICS_TOKEN",
            headers=[("www-authenticate", "Bearer")],
        )


def _is_local(client: Client) -> bool:
    if not _NOT_LOCAL.isdisjoint(client.headers):
        return False
    return _is_loopback(client.host) and _is_loopback(_name(client.headers.get("host", "")))


def _name(host: str) -> str:
    """The name in a `Host` header; empty where it cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
