"""Shortens tool definitions: rules stay, and so does what a model needs to make a valid call.

Names, types, required, enums, limits, defaults, references, `input_examples` and unknown keywords stay. What
goes of descriptions, titles and examples depends on the mode (`descriptions.MODES`); every shape of the three
dialects is known, and a tool in any other shape (server tools, custom tools) is left exactly as it is.

Before: {"name": "add", "description": "Adds. MUST be 2 numbers.", "input_schema": {"title": "Add", ...}}
After:  {"name":"add","description":"Adds. MUST be 2 numbers.","input_schema":{...}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.tools.descriptions import (
    MODES,
    RULE_KEEPING,
    Described,
    is_name_again,
    rules,
)
from token_optimizer.text import token_counts
from token_optimizer.text_cache import TextCache, key_of

# Where a JSON schema holds further schemas: one, a list of them, or a map from names to them.
_HOLDS_ONE = frozenset({
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
_HOLDS_LIST = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
_HOLDS_MAP = frozenset({
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
})  # fmt: skip
_EXAMPLES = frozenset({"example", "examples"})
_SURROGATE = re.compile("[\ud800-\udfff]")
# A conversation brings the same tools on every turn.
_SHORT_TEXTS: TextCache[str] = TextCache(20_000)


@dataclass(frozen=True, slots=True)
class Detail:
    """What stays of a tool's own description, and of those in its schema: each a key of `MODES`.

    With `marked`, a marker in the tool's description says how many descriptions lost a rule.
    """

    tool: str
    schema: str
    marked: bool = False


# From the least harm to the most: what tools get that the conversation is not likely to need, and the others.
# The first is the soft target's: every rule stays.
_STEPS = (
    (Detail("rules", "rules"), None),
    (Detail("first_sentence", "rules", marked=True), None),
    (Detail("first_sentence", "none", marked=True), Detail("rules", "rules")),
    (Detail("few_words", "none", marked=True), Detail("first_sentence", "rules", marked=True)),
    (Detail("none", "none", marked=True), Detail("first_sentence", "first_sentence", marked=True)),
    (Detail("none", "none", marked=True), Detail("first_sentence", "none", marked=True)),
    (Detail("none", "none", marked=True), Detail("none", "none", marked=True)),
)
SOFT_STEPS = 1
STEPS = len(_STEPS)


def minimize_tool_schemas(
    blocks: list[Block], allowlist: list[str], descriptions: str = "none"
) -> list[Block]:
    """The blocks, each tool as short JSON, without tools that no name or glob of the allowlist matches.

    `descriptions` is a key of `descriptions.MODES`; with "full" every tool stays as it is. Protected tools
    are not dropped, and those that must be kept not shortened.
    """
    detail = Detail(descriptions, descriptions)
    shortened = [_minimized(block, allowlist, detail) if _is_tool(block) else block for block in blocks]
    return _shorter_of(blocks, shortened)


def schemas_by_need(blocks: list[Block], likely: Collection[int], step: int) -> list[Block]:
    """The tools with less of their descriptions at each step, first of those whose index is not `likely`."""
    unlikely_detail, likely_detail = _STEPS[step]
    details = (likely_detail if index in likely else unlikely_detail for index in range(len(blocks)))
    shortened = [
        block if detail is None else _minimized(block, ["*"], detail)
        for block, detail in zip(blocks, details, strict=True)
    ]
    return _shorter_of(blocks, shortened)


def tool_name(tool: Mapping[str, Any]) -> str:
    """The name a tool is called by; its type where it has none, as server tools may."""
    inner = tool.get(str(tool.get("type")))
    named = inner if isinstance(inner, dict) and "name" in inner else tool
    return str(named.get("name") or tool.get("type") or "")


def _shorter_of(blocks: list[Block], shortened: Sequence[Block | None]) -> list[Block]:
    """The shortened blocks where they count fewer tokens, without those that are None."""
    pairs = [(old, new) for old, new in zip(blocks, shortened, strict=True) if new is not None]
    changed = [text for old, new in pairs if old is not new for text in (old.content, new.content)]
    counts = iter(token_counts(changed))
    return [new if old is new or next(counts) >= next(counts) else old for old, new in pairs]


def _is_tool(block: Block) -> bool:
    return block.type is BlockType.TOOL and not block.tool_result


def _minimized(block: Block, allowlist: list[str], detail: Detail) -> Block | None:
    is_fixed = block.must_keep or block.verbatim
    if not is_fixed and "*" not in allowlist and not _is_allowed(block.content, allowlist):
        return None
    if is_fixed or detail.tool == "full":
        return block
    short = _short_text(block.content, detail)
    return replace(block, content=short, tokens=0) if short not in ("", block.content) else block


def _is_allowed(content: str, allowlist: list[str]) -> bool:
    tool = _tool_of(content)
    if tool is None:
        return True
    name = tool_name(tool)
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in allowlist)


def _tool_of(content: str) -> dict[str, Any] | None:
    try:
        tool = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return tool if isinstance(tool, dict) else None


def _short_text(content: str, detail: Detail) -> str:
    """The tool as short JSON, remembered from turn to turn; empty where it stays as it is."""
    key = key_of(content, f"tool {detail.tool} {detail.schema} {detail.marked}")
    short = _SHORT_TEXTS.get(key)
    if short is None:
        tool = _tool_of(content)
        short = (tool is not None and _short_json(tool, detail)) or ""
        _SHORT_TEXTS.put(key, short)
    return short


def _short_json(tool: dict[str, Any], detail: Detail) -> str:
    """The tool as short JSON; empty where its shape is not one of a function with a schema."""
    try:
        short = _short_tool(tool, detail)
        content = json.dumps(short, ensure_ascii=False, separators=(",", ":")) if short else ""
    except RecursionError:
        return ""
    return "" if _SURROGATE.search(content) else content


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
    name = str(definition.get("name") or "")
    in_schema = _Shortening(detail.schema)
    short = dict(definition)
    if schema_key in short:
        short[schema_key] = in_schema.schema(short[schema_key], (name,))
    of_tool = _Shortening(detail.tool)
    short = of_tool.described(of_tool.without_labels(short, (name,)), Described((name,), is_tool=True))
    left_out = in_schema.rules_left_out + of_tool.rules_left_out
    return _marked(short, left_out) if detail.marked and left_out else short


def _marked(definition: dict[str, Any], left_out: int) -> dict[str, Any]:
    """The definition with a marker for the descriptions that may have held rules."""
    marker = f"[… {left_out} description{'s' if left_out != 1 else ''} shortened]"
    return {**definition, "description": " ".join(filter(None, [definition.get("description"), marker]))}


class _Shortening:
    """One mode applied to one tool. `rules_left_out` counts the descriptions that lost a rule by it."""

    def __init__(self, mode: str) -> None:
        self._describe = MODES[mode]
        self._keeps_rules = mode in RULE_KEEPING
        self.rules_left_out = 0

    def schema(self, schema: Any, names: tuple[str, ...], required: bool | None = None) -> Any:
        if not isinstance(schema, dict):
            return schema
        kept = {key: self._value(key, value, schema, names) for key, value in schema.items()}
        described = Described(names, schema, required)
        return self.described(self.without_labels(kept, names), described)

    def without_labels(self, holder: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        """The holder without its comments, without a title that is its name again, and, where rules may go,
        without any title and examples."""
        return {key: value for key, value in holder.items() if not self._is_label(key, value, names)}

    def described(self, holder: dict[str, Any], described: Described) -> dict[str, Any]:
        """The holder with its description as the mode wants it; the key goes when nothing is left."""
        text = holder.get("description")
        if not isinstance(text, str):
            return holder
        short = self._describe(text, described)
        self.rules_left_out += not self._keeps_rules and len(short) < len(rules(text, described))
        if not short:
            return {key: value for key, value in holder.items() if key != "description"}
        return {**holder, "description": short}

    def _is_label(self, key: str, value: Any, names: tuple[str, ...]) -> bool:
        if key == "$comment":
            return True
        if not self._keeps_rules:
            return key == "title" or key in _EXAMPLES
        return key == "title" and isinstance(value, str) and is_name_again(value, names)

    def _value(self, key: str, value: Any, schema: Mapping[str, Any], names: tuple[str, ...]) -> Any:
        """The value of a schema's keyword; what the keyword does not make a schema is data and stays."""
        if key in _HOLDS_MAP and isinstance(value, dict):
            required = schema.get("required") if key == "properties" else None
            listed = required if isinstance(required, list) else []
            is_property = key == "properties"
            return {
                name: self.schema(held, (*names, name), name in listed if is_property else None)
                for name, held in value.items()
            }
        if key in _HOLDS_LIST and isinstance(value, list):
            return [self.schema(held, names) for held in value]
        return self.schema(value, names) if key in _HOLDS_ONE else value
