"""What strangers and broken clients get from /mcp."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import requests

from tests.gateway.accounts import Account
from tests.gateway.mcp.clients import called, mcp_client, refused
from tests.gateway.prompts import HI
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer

HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def post(account: Account, body: Any = None, **options: Any) -> requests.Response:
    headers = {**HEADERS, **options.pop("headers", {})}
    return account.post("/mcp", body, headers=headers, **options)


@pytest.mark.parametrize("secret", ["", "tok_unknown", "sk-another"])
def test_strangers_are_refused(server: LiveServer, secret: str) -> None:
    headers = {**HEADERS, **({"authorization": f"Bearer {secret}"} if secret else {})}
    answer = requests.post(f"{server.url}/mcp", json=LIST, headers=headers, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 401
    assert "API key" in answer.json()["error"]["message"]


def test_a_revoked_key_is_refused(account: Account) -> None:
    assert post(account, LIST).status_code == 200
    account.key.revoke()
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while post(account, LIST).status_code != 401:
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


def test_only_posts_are_taken(account: Account) -> None:
    assert account.get("/mcp").status_code == 405
    headers = {"authorization": f"Bearer {account.secret}"}
    answer = requests.delete(f"{account.server.url}/mcp", headers=headers, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 405


def test_a_slash_too_many_is_no_obstacle(account: Account) -> None:
    answer = account.post("/mcp/", LIST, headers=HEADERS)
    assert len(answer.json()["result"]["tools"]) == 5


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}',
        b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///etc/passwd"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"nothing","params":{}}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_request_is_refused_and_does_no_harm(account: Account, raw: bytes) -> None:
    answer = post(account, data=raw)
    assert answer.status_code in (200, 400, 404)
    assert "error" in answer.json() or answer.status_code >= 400
    assert "Traceback" not in answer.text
    assert post(account, LIST).status_code == 200


def test_a_body_that_is_too_large_is_refused(account: Account) -> None:
    answer = post(account, data=b" " * (5 * 1024**2))
    assert answer.status_code == 413
    assert "larger than 4 MB" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("nothing", {}, "there is no tool 'nothing'"),
        ("why_cut", {}, "trace_id: Field required"),
        ("why_cut", {"trace_id": "'; DROP TABLE x"}, "trace_id: Input should be a valid UUID"),
        ("find_requests", {"limit": 10**9}, "limit: Input should be less than or equal to 100"),
        ("find_requests", {"project": "other"}, "project: Extra inputs are not permitted"),
        ("find_requests", {"flag": "nothing"}, "flag: Input should be "),
        ("costs", {"period": "10y"}, "period: Input should be "),
        ("costs", {"by": "secret"}, "by: Input should be "),
        ("search_documents", {"query": "x" * 3_000}, "query: String should have at most 2000 characters"),
        ("optimize_preview", {"messages": [7]}, "messages.0: Input should be "),
        ("optimize_preview", {"messages": HI, "config": "nothing"}, "unknown config 'nothing'"),
    ],
)
async def test_the_argument_that_is_wrong_is_named(
    account: Account, name: str, arguments: dict[str, Any], said: str
) -> None:
    async with mcp_client(account.server.url, account.secret) as client:
        told = await refused(client, name, **arguments)
    assert told.startswith(said)
    assert "DROP" not in told


async def test_many_clients_are_served_at_a_time(account: Account) -> None:
    async def ask(number: int) -> dict[str, Any]:
        async with mcp_client(account.server.url, account.secret) as client:
            return await called(
                client, "optimize_preview", messages=[{"role": "user", "content": str(number)}]
            )

    found = await asyncio.gather(*(ask(number) for number in range(8)))
    assert len({result["optimizer_stats"]["trace_id"] for result in found}) == 8
