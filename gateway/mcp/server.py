"""The tools as the official package serves them. It takes a second to import: see `endpoint`.

Stateless, with answers in JSON: each POST may go to another worker.
"""

from __future__ import annotations

from typing import Any

import orjson
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import CallToolResult, ListToolsResult, TextContent, ToolAnnotations
from mcp_types import Tool as McpTool

from gateway.mcp.asking import ASKED, Asked, ToolFailed
from gateway.mcp.tools import TOOLS, Tool

_INSTRUCTIONS = (
    "Reads what Token Optimizer did with the prompts of one project: what was cut and why, and what that "
    "saved. Texts of prompts are not among it."
)


def session_manager() -> StreamableHTTPSessionManager:
    """What serves the requests; to be run as long as there are some."""
    server: Server[Any] = Server(
        "token-optimizer", instructions=_INSTRUCTIONS, on_list_tools=_listed, on_call_tool=_called
    )
    return StreamableHTTPSessionManager(server, json_response=True, stateless=True)


async def _listed(_context: Any, _params: Any) -> ListToolsResult:
    return ListToolsResult(tools=[_described(tool) for tool in TOOLS.values()])


def _described(tool: Tool) -> McpTool:
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    schema = tool.arguments.schema_for_agents()
    return McpTool(name=tool.name, description=tool.description, input_schema=schema, annotations=reads)


async def _called(context: Any, params: Any) -> CallToolResult:
    asked: Asked = context.request.scope[ASKED]
    try:
        tool = TOOLS.get(params.name)
        if tool is None:
            raise ToolFailed(f"there is no tool {params.name[:60]!r}: there are {', '.join(TOOLS)}")
        written = await tool.result(asked, params.arguments or {})
    except ToolFailed as error:
        return CallToolResult(content=[TextContent(text=str(error))], is_error=True)
    return CallToolResult(
        content=[TextContent(text=written.decode())], structured_content=orjson.loads(written)
    )
