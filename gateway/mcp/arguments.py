"""The arguments of tools, checked as agents give them, and told to agents as JSON Schema."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.mcp.asking import ToolFailed


class Arguments(BaseModel):
    """What a tool takes. Others are refused by name, so that no filter is taken for one that holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def read(cls, given: dict[str, Any]) -> Self:
        """The arguments; ToolFailed names the first that cannot be used."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(map(str, first["loc"])) or "arguments"
            raise ToolFailed(f"{name[:100]}: {first['msg']}") from None

    @classmethod
    def schema_for_agents(cls) -> dict[str, Any]:
        return cls.model_json_schema()
