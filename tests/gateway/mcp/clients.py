"""The official client of the Model Context Protocol, at a running gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.patience import PATIENCE_SECONDS


@asynccontextmanager
async def mcp_client(url: str, secret: str, mode: str = "auto") -> AsyncIterator[Client]:
    """A client with a key. `mode` "legacy" begins with a handshake, as clients before 2026-07 do."""
    headers = {"authorization": f"Bearer {secret}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE_SECONDS) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def called(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    """What a tool gives."""
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    return dict(result.structured_content)


async def refused(client: Client, name: str, **arguments: Any) -> str:
    """Why a tool gives nothing."""
    result = await client.call_tool(name, arguments)
    assert result.is_error
    return str(result.content[0].text)
