"""An ASGI application that answers so many requests of one address at a time.

The connections of an address have a bound of their own (`bounded_http.py`), but a proxy in front has one
connection for many clients, or many for one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from optimizer_app.client_addresses import counted_address

MAX_REQUESTS_OF_ONE = 1_000
_REFUSED = {
    "error": {"message": "too many requests of this address at a time; try again", "type": "requests"}
}


class BoundedRequests:
    """Each worker counts for itself."""

    def __init__(self, application: Any, max_of_one: int = MAX_REQUESTS_OF_ONE) -> None:
        self._application = application
        self._max_of_one = max_of_one
        self._at_work: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client") if scope["type"] == "http" else None
        address = counted_address(client[0]) if client else None
        if address is None:
            await self._application(scope, receive, send)
        elif self._at_work[address] >= self._max_of_one:
            headers = {"retry-after": "1", "connection": "close"}
            await JSONResponse(_REFUSED, 429, headers)(scope, receive, send)
        else:
            await self._answer(address, scope, receive, send)

    async def _answer(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._at_work[address] += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._at_work[address] -= 1
            if not self._at_work[address]:
                del self._at_work[address]
