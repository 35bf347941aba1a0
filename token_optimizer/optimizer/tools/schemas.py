"""Shortens tool definitions: what a model needs to make a valid call stays, what only explains goes.

Names, types, required, enums, limits, defaults, references and unknown keywords stay. Titles, examples and
comments go; descriptions go, stay, or keep their first sentence or its first words, as the mode says. Both
dialects' shapes are known; a tool in any other shape (server tools, custom tools) is left exactly as it is.

Before: {"name": "add", "description": "Adds. Slowly.", "input_schema": {"title": "A", "type": "object"}}
After:  {"name":"add","description":"Adds.","input_schema":{"type":"object"}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from token_optimizer.models import Block, BlockType
from token_optimizer.text import first_sentence, token_counts

# Where a JSON schema holds further schemas: one, a list of them, or a map from names to them.
_HOLDS_ONE = frozenset({
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
_HOLDS_LIST = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
_HOLDS_MAP = frozenset({
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
})  # fmt: skip
_EXPLAINS = frozenset({"$comment", "example", "examples", "title"})
_TOOL_EXPLAINS = frozenset({"examples", "input_examples", "title"})
_SURROGATE = re.compile("[\ud800-\udfff]")

_FEW_WORDS = 8
_CLAUSE_END = re.compile(r"[,;:(]\s|\s[(–-]|[.!?]?$")

Describe = Callable[[str], str]


def _few_words(text: str) -> str:
    """The first clause of the first sentence, or its first words where that is long."""
    sentence = first_sentence(text)
    end = _CLAUSE_END.search(sentence)
    return " ".join(sentence[: end.start() if end else None].split()[:_FEW_WORDS])


_DESCRIBE: dict[str, Describe] = {
    "none": lambda text: "",
    "few_words": _few_words,
    "first_sentence": first_sentence,
    "full": lambda text: text,
}


@dataclass(frozen=True, slots=True)
class Detail:
    """What stays of a tool's own description, and of those in its schema: a key of the modes above."""

    tool: str
    schema: str


# From the least harm to the most: what tools get that the conversation is not likely to need, and the others.
_STEPS = (
    (Detail("first_sentence", "none"), Detail("first_sentence", "first_sentence")),
    (Detail("few_words", "none"), Detail("first_sentence", "first_sentence")),
    (Detail("none", "none"), Detail("first_sentence", "first_sentence")),
    (Detail("none", "none"), Detail("first_sentence", "none")),
    (Detail("none", "none"), Detail("none", "none")),
)
# Steps that a soft target may take: every tool keeps words of its own, and a likely one is left alone.
SOFT_STEPS = 2
STEPS = len(_STEPS)


def minimize_tool_schemas(
    blocks: list[Block], allowlist: list[str], descriptions: str = "none"
) -> list[Block]:
    """The blocks, each tool as short JSON, without tools that no name or glob of the allowlist matches.

    `descriptions` is "none", "first_sentence" or "full". Protected tools are not dropped.
    """
    detail = Detail(descriptions, descriptions)
    shortened = [_minimized(block, allowlist, detail) if _is_tool(block) else block for block in blocks]
    return _shorter_of(blocks, shortened)


def schemas_by_need(blocks: list[Block], likely: Collection[int], step: int) -> list[Block]:
    """The tools with less of their descriptions at each step, first of those whose index is not `likely`."""
    unlikely_detail, likely_detail = _STEPS[step]
    details = (likely_detail if index in likely else unlikely_detail for index in range(len(blocks)))
    shortened = [_minimized(block, ["*"], detail) for block, detail in zip(blocks, details, strict=True)]
    return _shorter_of(blocks, shortened)


def _shorter_of(blocks: list[Block], shortened: Sequence[Block | None]) -> list[Block]:
    """The shortened blocks where they count fewer tokens, without those that are None."""
    pairs = [(old, new) for old, new in zip(blocks, shortened, strict=True) if new is not None]
    changed = [text for old, new in pairs if old is not new for text in (old.content, new.content)]
    counts = iter(token_counts(changed))
    return [new if old is new or next(counts) >= next(counts) else old for old, new in pairs]


def _is_tool(block: Block) -> bool:
    return block.type is BlockType.TOOL and not block.tool_result


def _minimized(block: Block, allowlist: list[str], detail: Detail) -> Block | None:
    try:
        tool = json.loads(block.content)
    except (ValueError, RecursionError):
        return block
    if not isinstance(tool, dict):
        return block
    if not (_allowed(tool, allowlist) or block.must_keep or block.verbatim):
        return None
    return block if block.verbatim else _with_content(block, _short_json(tool, detail))


def _with_content(block: Block, content: str | None) -> Block:
    if content is None or content == block.content:
        return block
    return replace(block, content=content, tokens=0)


def _allowed(tool: dict[str, Any], allowlist: list[str]) -> bool:
    name = tool_name(tool)
    return any(pattern == "*" or name == pattern or fnmatchcase(name, pattern) for pattern in allowlist)


def tool_name(tool: dict[str, Any]) -> str:
    """The name a tool is called by; its type where it has none, as server tools may."""
    inner = tool.get(str(tool.get("type")))
    named = inner if isinstance(inner, dict) and "name" in inner else tool
    return str(named.get("name") or tool.get("type") or "")


def _short_json(tool: dict[str, Any], detail: Detail) -> str | None:
    """The tool as short JSON; None where its shape is not one of a function with a schema."""
    try:
        short = _short_tool(tool, detail)
        content = short and json.dumps(short, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return None
    return content if content and not _SURROGATE.search(content) else None


def _short_tool(tool: dict[str, Any], detail: Detail) -> dict[str, Any] | None:
    function = tool.get("function")
    if tool.get("type") == "function" and isinstance(function, dict):
        return {**tool, "function": _short_definition(function, "parameters", detail)}
    if tool.get("type", "custom") == "custom" and "input_schema" in tool:
        return _short_definition(tool, "input_schema", detail)
    if tool.get("type") == "function" and "parameters" in tool:
        return _short_definition(tool, "parameters", detail)
    return None


def _short_definition(definition: dict[str, Any], schema_key: str, detail: Detail) -> dict[str, Any]:
    short = {key: value for key, value in definition.items() if key not in _TOOL_EXPLAINS}
    if schema_key in short:
        short[schema_key] = _short_schema(short[schema_key], _DESCRIBE[detail.schema])
    return _described(short, _DESCRIBE[detail.tool])


def _short_schema(schema: Any, describe: Describe) -> Any:
    if not isinstance(schema, dict):
        return schema
    kept = {key: _short_value(key, value, describe) for key, value in schema.items() if key not in _EXPLAINS}
    return _described(kept, describe)


def _short_value(key: str, value: Any, describe: Describe) -> Any:
    """The value of a schema's keyword; what the keyword does not make a schema is data and stays."""
    if key in _HOLDS_MAP and isinstance(value, dict):
        return {name: _short_schema(held, describe) for name, held in value.items()}
    if key in _HOLDS_LIST and isinstance(value, list):
        return [_short_schema(held, describe) for held in value]
    return _short_schema(value, describe) if key in _HOLDS_ONE else value


def _described(holder: dict[str, Any], describe: Describe) -> dict[str, Any]:
    """The holder with its description as the mode wants it; the key goes when nothing is left."""
    text = holder.get("description")
    if not isinstance(text, str):
        return holder
    short = describe(text)
    if not short:
        return {key: value for key, value in holder.items() if key != "description"}
    return {**holder, "description": short}
