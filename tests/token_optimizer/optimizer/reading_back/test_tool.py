"""The tool `read_back`: its shape in each dialect, and which requests get it."""

from __future__ import annotations

from typing import Any

import pytest

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.tool import NAME, is_call, reads_back, tool_of, with_tool
from token_optimizer.text.counting import token_counts

DIALECTS: tuple[Dialect, ...] = ("openai", "anthropic", "responses")
AUTO = OptimizerConfig.preset("balanced")
ALWAYS = OptimizerConfig.preset("balanced", read_back="always")
NEVER = OptimizerConfig.preset("balanced", read_back="never")


def _body(dialect: Dialect, *tools: dict[str, Any], **fields: Any) -> dict[str, Any]:
    key = "input" if dialect == "responses" else "messages"
    stored = {"store": False} if dialect == "responses" else {}
    own = {"tools": list(tools)} if tools else {}
    return {"model": "m", key: [{"role": "user", "content": "Hi"}], **stored, **own, **fields}


def _tool(dialect: Dialect, name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}}
    if dialect == "openai":
        return {"type": "function", "function": {"name": name, "parameters": schema}}
    if dialect == "anthropic":
        return {"name": name, "input_schema": schema}
    return {"type": "function", "name": name, "parameters": schema}


def _schema(dialect: Dialect) -> dict[str, Any]:
    tool = tool_of(dialect)
    if dialect == "anthropic":
        return dict(tool["input_schema"])
    return dict(tool["function"]["parameters"] if dialect == "openai" else tool["parameters"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_stands_last_once_and_is_strict(dialect: Dialect) -> None:
    body = _body(dialect, _tool(dialect, "search"))
    sent = with_tool(body, dialect)
    assert sent["tools"] == [*body["tools"], tool_of(dialect)]
    assert with_tool(sent, dialect) == sent
    assert len(body["tools"]) == 1
    schema = _schema(dialect)
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])


def test_its_description_says_what_markers_are() -> None:
    """A marker that nobody explains is taken for a damaged file."""
    description = tool_of("anthropic")["description"]
    assert "[… 120 lines left out #482193]" in description
    assert "no text is damaged" in description
    assert token_counts([str(tool_of("openai"))])[0] < 180


@pytest.mark.parametrize("dialect", DIALECTS)
def test_auto_is_where_there_are_tools_and_somebody_who_answers(dialect: Dialect) -> None:
    with_tools, without = _body(dialect, _tool(dialect, "search")), _body(dialect)
    assert reads_back(with_tools, dialect, AUTO, is_answered=True)
    assert not reads_back(with_tools, dialect, AUTO, is_answered=False)
    assert not reads_back(without, dialect, AUTO, is_answered=True)
    assert reads_back(without, dialect, ALWAYS, is_answered=True)
    assert reads_back(without, dialect, ALWAYS, is_answered=False)
    assert not reads_back(with_tools, dialect, NEVER, is_answered=True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_tool_of_the_client_by_that_name_is_left_alone(dialect: Dialect) -> None:
    assert not reads_back(_body(dialect, _tool(dialect, NAME)), dialect, ALWAYS, is_answered=True)
    assert reads_back(with_tool(_body(dialect), dialect), dialect, AUTO, is_answered=True)


def test_answers_that_cannot_go_on_as_one_have_none() -> None:
    search = _tool("openai", "search")
    assert not reads_back(_body("openai", search, n=2), "openai", AUTO, is_answered=True)
    assert not reads_back(_body("openai", functions=[{"name": "f"}]), "openai", ALWAYS, is_answered=True)
    stored = _body("responses", _tool("responses", "search"), store=True)
    assert not reads_back(stored, "responses", ALWAYS, is_answered=True)


def test_a_call_is_told_from_those_of_other_tools() -> None:
    assert is_call({"type": "function", "function": {"name": NAME, "arguments": "{}"}}, "openai")
    assert is_call({"type": "tool_use", "name": NAME, "input": {}}, "anthropic")
    assert is_call({"type": "function_call", "name": NAME, "arguments": "{}"}, "responses")
    assert not is_call({"type": "tool_use", "name": "search", "input": {}}, "anthropic")
    assert not is_call({"type": "text", "name": NAME}, "anthropic")
    assert not is_call(None, "openai")


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ConfigError, match="read_back 'sometimes' is not one of auto, always, never"):
        OptimizerConfig.preset("balanced", read_back="sometimes")
