"""The ClickHouse that CLICKHOUSE_URL names, by its official client over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings

if TYPE_CHECKING:  # It takes a tenth of a second to import, which only those pay who have a ClickHouse.
    from clickhouse_connect.driver.client import Client

log = structlog.get_logger(__name__)
# Of an error; its text has values of the query, too.
_CODE = re.compile(r"code: \d+")

CONNECT_SECONDS = 2
ANSWER_SECONDS = 30
# One that does not answer is not asked for a while: each try keeps a page waiting.
AWAY_SECONDS = 15.0
# A trace that was copied twice counts once.
_ONCE = {"final": 1, "do_not_merge_across_partitions_select_final": 1}


class ClickHouseAway(Exception):
    """ClickHouse does not answer, or not as it should; the message has its kind of error, and no data."""


@dataclass(slots=True)
class Server:
    """One ClickHouse. Each method raises ClickHouseAway where it does not answer."""

    url: str = field(repr=False)
    _client: Client | None = None
    _away_until: float = float("-inf")

    @property
    def is_away(self) -> bool:
        """Whether it did not answer a moment ago."""
        return time.monotonic() < self._away_until

    @property
    def database(self) -> str:
        return urlsplit(self.url).path.strip("/") or "default"

    def rows(self, query: str, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """What a query finds. `{name:Type}` in it stands for a value."""
        return self._asked(lambda client: list(client.query(query, dict(values), settings=_ONCE).result_rows))

    def run(self, statement: str, values: Mapping[str, Any] | None = None) -> None:
        """A statement without an answer."""
        self._asked(lambda client: client.command(statement, dict(values or {})))

    def insert(self, table: str, columns: Sequence[str], lines: bytes) -> None:
        """Rows as lines of TabSeparated."""
        self._asked(lambda client: client.raw_insert(table, columns, lines, fmt="TabSeparated"))

    def _asked(self, ask: Any) -> Any:
        from clickhouse_connect.driver.exceptions import ClickHouseError

        try:
            if self._client is None:
                self._client = self._connected()
            return ask(self._client)
        except ClickHouseError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            what = " ".join([type(error).__name__, *_CODE.findall(str(error))[:1]])
            log.warning("clickhouse_away", error=what)
            raise ClickHouseAway(what) from error

    def _connected(self) -> Client:
        from clickhouse_connect import get_client

        # Without a session, in which only one query at a time may run.
        return get_client(
            dsn=self.url,
            autogenerate_session_id=False,
            connect_timeout=CONNECT_SECONDS,
            send_receive_timeout=ANSWER_SECONDS,
        )


def is_used() -> bool:
    """Whether there is one."""
    return bool(settings.CLICKHOUSE_URL)


def server() -> Server:
    """This process's way to it."""
    return _server(settings.CLICKHOUSE_URL)


@cache
def _server(url: str) -> Server:
    return Server(url)
