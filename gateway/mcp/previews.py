"""`optimize_preview`: what would become of a prompt, by the same way as `POST /v1/optimize`."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import Field

from gateway.endpoints.base import TracedEndpoint
from gateway.endpoints.optimize import optimize
from gateway.mcp.arguments import Arguments
from gateway.mcp.asking import Asked
from optimizer_app.models.keys.api_key import KeyScope

_OPTIMIZE = TracedEndpoint(optimize, KeyScope.OPTIMIZE)
MAX_BLOCKS = 200


class Prompt(Arguments):
    messages: list[dict[str, Any]] = Field(
        description="The messages, in the shape of chat completions, Anthropic's messages or Responses items."
    )
    model: str | None = Field(None, description="Whose tokens are counted.")
    system: Any = Field(None, description="Anthropic's system text.")
    tools: list[dict[str, Any]] | None = None
    documents: list[dict[str, Any]] | None = Field(None, description="Each with `title` and `text`.")
    query: str | None = Field(None, description="What the prompt asks, where its messages do not say it.")
    budget_tokens: int | None = Field(None, ge=1)
    config: str | None = Field(None, description="The name of a config, or of a preset.")
    show_messages: bool = Field(False, description="Give the optimized messages back, too.")


async def preview(asked: Asked, prompt: Prompt) -> dict[str, Any]:
    given = prompt.model_dump(exclude_none=True, exclude={"show_messages"})
    made = await asked.endpoint(_OPTIMIZE, "POST", "/v1/optimize", orjson.dumps(given))
    blocks = [block for block in made["blocks"] if block["fate"] != "kept"]
    found = {
        "optimizer_stats": made["optimizer_stats"],
        "blocks_in_all": len(made["blocks"]),
        "changed_blocks": blocks[:MAX_BLOCKS],
    }
    return {**found, "messages": made["messages"]} if prompt.show_messages else found
