"""What one call of a tool may take and give."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from gateway.mcp import tools
from gateway.mcp.arguments import Arguments
from gateway.mcp.asking import Asked, ToolFailed
from gateway.mcp.tools import Tool

NOBODY = cast(Asked, None)


async def test_a_result_that_is_too_large_is_refused_by_its_size() -> None:
    async def much(_asked: Asked, _given: Any) -> dict[str, Any]:
        return {"text": "x" * tools.MAX_RESULT_BYTES}

    with pytest.raises(ToolFailed, match="the result has 262,155 bytes, more than 262,144: ask for less"):
        await Tool("much", "", Arguments, much).result(NOBODY, {})


async def test_a_call_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_asked: Asked, _given: Any) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(tools, "MAX_SECONDS", 0.01)
    with pytest.raises(ToolFailed, match="slow took longer than 0"):
        await Tool("slow", "", Arguments, slow).result(NOBODY, {})
