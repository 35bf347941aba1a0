"""The tools, each with what it takes and the scope that a key needs for it. All of them only read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.errors import GatewayError
from gateway.mcp.arguments import Arguments
from gateway.mcp.asking import Asked, ToolFailed
from gateway.mcp.costs import CostQuestion, costs
from gateway.mcp.documents import DocumentQuestion, find_passages
from gateway.mcp.previews import Prompt, preview
from gateway.mcp.traces import CutQuestion, RequestFilters, find_requests, why_cut
from optimizer_app.models.keys.api_key import KeyScope

MAX_SECONDS = 20.0
MAX_RESULT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Tool:
    """`scope` None: what requests cost is told to every key of the project."""

    name: str
    description: str
    arguments: type[Arguments]
    call: Callable[[Asked, Any], Awaitable[dict[str, Any]]]
    scope: KeyScope | None = None

    async def result(self, asked: Asked, given: dict[str, Any]) -> bytes:
        """The result as JSON; ToolFailed says why there is none."""
        try:
            if self.scope is not None:
                asked.caller.check_scope(self.scope)
            async with asyncio.timeout(MAX_SECONDS):
                found = await self.call(asked, self.arguments.read(given))
        except GatewayError as error:
            raise ToolFailed(error.message) from error
        except TimeoutError:
            raise ToolFailed(f"{self.name} took longer than {MAX_SECONDS:g} s") from None
        written = orjson.dumps(found, default=str)
        if len(written) > MAX_RESULT_BYTES:
            raise ToolFailed(
                f"the result has {len(written):,} bytes, more than {MAX_RESULT_BYTES:,}: ask for less"
            )
        return written


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "optimize_preview",
            "What would become of a prompt: tokens before and after, and every block that would be changed, "
            "with the rule and the reason. Nothing is sent to a model.",
            Prompt,
            preview,
            KeyScope.OPTIMIZE,
        ),
        Tool(
            "why_cut",
            "Why blocks of one request were cut, rewritten or added: fate, rule, reason and tokens of each.",
            CutQuestion,
            why_cut,
        ),
        Tool(
            "costs",
            "Requests, tokens and US dollars of a period: billed, and saved gross and net of the provider's "
            "cache; by model, config, key, tag, route or day.",
            CostQuestion,
            costs,
        ),
        Tool(
            "find_requests",
            "The newest requests of the project that fit all filters, without their texts.",
            RequestFilters,
            find_requests,
        ),
        Tool(
            "search_documents",
            "The passages of the project's stored documents that fit a question best.",
            DocumentQuestion,
            find_passages,
            KeyScope.OPTIMIZE,
        ),
    )
}
