"""The one guard for URLs that people enter and this service then calls.

Refused: other schemes than http and https, credentials in the URL, and hosts that are, or resolve to,
link-local, metadata, multicast or unspecified addresses, also where an IPv6 address holds one. Loopback and
private networks are refused, too, where the settings do not allow them. URLs of the instance's own
environment are trusted and not checked.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Cloud metadata services that are not link-local.
METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
# IPv6 networks whose addresses end with one of IPv4, which a translator would call.
_HOLDING_IPV4 = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")
)
METADATA_HOSTS = frozenset({"metadata", "metadata.google.internal", "instance-data"})


class UnsafeUrl(ValueError):
    """An outgoing URL that must not be called; the message names its host, never its path."""


def host_of(url: str) -> str:
    """Host and port of a URL, without its path, which may hold a token; empty for none."""
    return urlsplit(url).netloc.rpartition("@")[2]


def check_outgoing_url(url: str) -> None:
    """Raise UnsafeUrl unless the URL may be called from this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UnsafeUrl("the URL cannot be read") from None
    if parts.scheme not in ("http", "https"):
        raise UnsafeUrl(f"the URL must begin with http:// or https://, not {parts.scheme!r}")
    if not host:
        raise UnsafeUrl("the URL names no host")
    if parts.username or parts.password:
        raise UnsafeUrl("the URL must not hold a user name or password")
    if host.rstrip(".").lower() in METADATA_HOSTS:
        raise UnsafeUrl(f"{host} is a metadata service")
    for address in _addresses(host, port or 443):
        check_outgoing_address(address, host)


def check_outgoing_address(address: IpAddress, host: str) -> None:
    """Raise UnsafeUrl where an address that `host` resolved to must not be called."""
    address = _called(address)
    if address in METADATA_ADDRESSES:
        raise UnsafeUrl(f"{host} is a metadata service")
    if address.is_link_local or _is_reserved(address):
        raise UnsafeUrl(f"{host} is a link-local or reserved address")
    if not _is_public(address) and not settings.ALLOW_PRIVATE_URLS:
        raise UnsafeUrl(f"{host} is in a private network, and OPTIMIZER_ALLOW_PRIVATE_URLS is not set")


def _is_reserved(address: IpAddress) -> bool:
    if address.is_loopback:
        return False
    is_special = address.is_multicast or address.is_unspecified or address.is_reserved
    return is_special or address in _THIS_NETWORK


def _is_public(address: IpAddress) -> bool:
    """Not of this machine, a private network, or one that a carrier shares (100.64.0.0/10)."""
    return address.is_global and not getattr(address, "is_site_local", False)


def _called(address: IpAddress) -> IpAddress:
    """The address that answers: of an IPv6 address that holds one of IPv4, that one."""
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return address
    if held := address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1]):
        return held
    if any(address in network for network in _HOLDING_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _addresses(host: str, port: int) -> list[IpAddress]:
    """What the host stands for. A name that does not resolve now is judged again when it is called."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]


def guarded_session() -> requests.Session:
    """A session for URLs that people entered: UnsafeUrl before a byte is sent to where they must not lead.

    A check of the URL alone would let a name resolve to something else a moment later. A proxy of the
    environment is not asked, since it would hide the address.
    """
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter())
    return session


class _GuardedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self.host)


class _GuardedTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self.host)


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _GuardedConnection


class _GuardedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTlsConnection


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _GuardedPool, "https": _GuardedTlsPool}


def _checked(connection: socket.socket, host: str) -> socket.socket:
    """The connection, where it leads to an address that may be called."""
    try:
        check_outgoing_address(ipaddress.ip_address(connection.getpeername()[0].split("%")[0]), host)
    except UnsafeUrl:
        connection.close()
        raise
    return connection
