"""`redis+sentinel://:password@host-a:26379,host-b:26379/primary/0`: a primary among Sentinels, as one URL.

The login is that of the servers; that of the Sentinels, where they ask for one, is `?sentinel_password=...`.
Celery, Channels and redis-py each want the same in a form of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

SENTINEL_SCHEME = "redis+sentinel"
DEFAULT_SENTINEL_PORT = 26379
SENTINEL_TIMEOUT_SECONDS = 1.0
_FORM = f"{SENTINEL_SCHEME}://:password@host:26379,host:26379/primary/0"


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """`primary` is the name under which the Sentinels know the servers; `login` what these ask for."""

    sentinels: tuple[tuple[str, int], ...]
    primary: str
    database: int
    login: Mapping[str, str] = field(repr=False)
    sentinel_login: Mapping[str, str] = field(repr=False)

    @property
    def broker_url(self) -> str:
        """The URLs of all Sentinels, as Celery reads them; its transport options name the primary."""
        user, password = (quote(self.login.get(name, ""), safe="") for name in ("username", "password"))
        login = f"{user}:{password}@" if password else ""
        return ";".join(f"sentinel://{login}{host}:{port}/{self.database}" for host, port in self.sentinels)

    @property
    def broker_options(self) -> dict[str, Any]:
        return {"master_name": self.primary, "sentinel_kwargs": self.sentinel_options()}

    @property
    def channel_host(self) -> dict[str, Any]:
        """As Channels' layer takes a host."""
        return {
            "sentinels": list(self.sentinels),
            "master_name": self.primary,
            "sentinel_kwargs": self.async_sentinel_options(),
            "db": self.database,
            **self.login,
        }

    def sentinel_options(self) -> dict[str, Any]:
        """Of connections to the Sentinels. One that does not answer is not asked again: the next one is."""
        return {**self._sentinel_options, "retry": Retry(NoBackoff(), 0)}

    def async_sentinel_options(self) -> dict[str, Any]:
        """The same for an event loop."""
        return {**self._sentinel_options, "retry": AsyncRetry(NoBackoff(), 0)}

    @property
    def _sentinel_options(self) -> dict[str, Any]:
        timeouts = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), SENTINEL_TIMEOUT_SECONDS)
        return {**timeouts, **self.sentinel_login}


def sentinel_address(url: str) -> SentinelAddress | None:
    """None for the URL of one server. ValueError says what is wrong, without a password."""
    parts = urlsplit(url)
    if parts.scheme != SENTINEL_SCHEME:
        return None
    login, _, hosts = parts.netloc.rpartition("@")
    primary, _, database = parts.path.strip("/").partition("/")
    if not primary:
        raise ValueError(f"names no primary; it is written {_FORM}")
    if not (database or "0").isdecimal():
        raise ValueError(f"ends in the number of a database, not {database!r}")
    user, _, password = login.partition(":")
    given = parse_qs(parts.query)
    return SentinelAddress(
        sentinels=hosts_of(hosts, DEFAULT_SENTINEL_PORT, "a Sentinel", _FORM),
        primary=unquote(primary),
        database=int(database or "0"),
        login=_login(unquote(user), unquote(password)),
        sentinel_login=_login(_only(given, "sentinel_username"), _only(given, "sentinel_password")),
    )


def hosts_of(hosts: str, default_port: int, what: str, form: str) -> tuple[tuple[str, int], ...]:
    """Hosts with their ports, between commas. `what` each is, and how it is written, for ValueError."""
    return tuple(_host(host, default_port, what, form) for host in hosts.split(","))


def _host(host: str, default_port: int, what: str, form: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"names {what} {host!r}, which is no host with a port") from None
    if not name:
        raise ValueError(f"names {what} without a host; it is written {form}")
    return name, port or default_port


def _login(user: str, password: str) -> dict[str, str]:
    return {name: value for name, value in (("username", user), ("password", password)) if value}


def _only(given: Mapping[str, list[str]], name: str) -> str:
    return given.get(name, [""])[0]
