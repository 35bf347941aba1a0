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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import descriptions_marker, with_text
from token_optimizer.optimizer.tools.descriptions import MODES, RULE_KEEPING, is_name_again, rules
from token_optimizer.optimizer.tools.keywords import (
    EXAMPLES,
    HOLDS_LIST,
    HOLDS_MAP,
    HOLDS_ONE,
    ordered,
    says_nothing,
)
from token_optimizer.optimizer.tools.redundancy import Described
from token_optimizer.text.cache import TextCache, key_of
from token_optimizer.text.counting import token_counts

_SURROGATE = re.compile("[\ud800-\udfff]")
# A conversation brings the same tools on every turn.
_SHORT_TEXTS: TextCache[tuple[str, int]] = TextCache(20_000, max_chars=12_000_000)
# Holds the place of a marker while JSON is written: a character that has no meaning in any text.
_PLACE = "\ue000"


@dataclass(frozen=True, slots=True)
class Detail:
    """What stays of a tool's own description, and of those in its schema: each a key of `MODES`.

    With `marked`, a marker in the tool's description says how many descriptions lost a rule; where the tool
    is `deferred`, how many lost anything.
    """

    tool: str
    schema: str
    marked: bool = False
    deferred: bool = False


def minimize_tool_schemas(
    blocks: list[Block], allowlist: list[str], descriptions: str = "none"
) -> list[Block]:
    """The blocks, each tool as short JSON, without tools that no name or glob of the allowlist matches.

    `descriptions` is a key of `descriptions.MODES`; with "full" every tool stays as it is. Protected tools
    are not dropped, and those that must be kept not shortened.
    """
    detail = Detail(descriptions, descriptions)
    shortened = [minimized(block, allowlist, detail) if _is_tool(block) else block for block in blocks]
    return shorter_of(blocks, shortened)


def tool_name(tool: Mapping[str, Any]) -> str:
    """The name a tool is called by; its type where it has none, as server tools may."""
    inner = tool.get(str(tool.get("type")))
    named = inner if isinstance(inner, dict) and "name" in inner else tool
    return str(named.get("name") or tool.get("type") or "")


def shorter_of(blocks: list[Block], shortened: Sequence[Block | None]) -> list[Block]:
    """The shortened blocks where they count fewer tokens, without those that are None."""
    pairs = [(old, new) for old, new in zip(blocks, shortened, strict=True) if new is not None]
    changed = [text for old, new in pairs if old is not new for text in (old.content, new.content)]
    counts = iter(token_counts(changed))
    return [new if old is new or next(counts) >= next(counts) else old for old, new in pairs]


def _is_tool(block: Block) -> bool:
    return block.type is BlockType.TOOL and not block.tool_result


def minimized(block: Block, allowlist: list[str], detail: Detail, show_handles: bool = False) -> Block | None:
    """The tool as short JSON; None where no name or glob of the allowlist matches."""
    is_fixed = block.must_keep or block.verbatim
    if not is_fixed and "*" not in allowlist and not _is_allowed(block.content, allowlist):
        return None
    if is_fixed or detail.tool == "full":
        return block
    short, left_out = _short_text(block.content, detail)
    if short in ("", block.content):
        return block
    text = _with_marker(short, left_out, block.content) if left_out else MarkedText(short)
    return with_text(block, text, show_handles).but(tokens=0)


def _with_marker(short: str, left_out: int, content: str) -> MarkedText:
    before, _, after = short.partition(_PLACE)
    return joined([before, descriptions_marker(left_out, content), after])


def _is_allowed(content: str, allowlist: list[str]) -> bool:
    tool = tool_of(content)
    if tool is None:
        return True
    name = tool_name(tool)
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in allowlist)


def tool_of(content: str) -> dict[str, Any] | None:
    """The tool of a block's content; None where that is no JSON object."""
    try:
        tool = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return tool if isinstance(tool, dict) else None


def _short_text(content: str, detail: Detail) -> tuple[str, int]:
    """The tool as short JSON, with the place of a marker for so many descriptions where that is not 0;
    remembered from turn to turn, and empty where the tool stays as it is."""
    key = key_of(content, f"tool {detail.tool} {detail.schema} {detail.marked} {detail.deferred}")
    short = _SHORT_TEXTS.get(key)
    if short is None:
        tool = tool_of(content)
        short = _short_json(tool, detail) if tool is not None else ("", 0)
        _SHORT_TEXTS.put(key, short)
    return short


def _short_json(tool: dict[str, Any], detail: Detail) -> tuple[str, int]:
    """The tool as short JSON; empty where its shape is not one of a function with a schema."""
    try:
        short, left_out = _short_tool(tool, detail)
        # Another order alone is no reason to change a tool.
        is_same = not short or (short == tool and not left_out)
        content = "" if is_same else json.dumps(short, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return "", 0
    is_unclear = left_out and content.count(_PLACE) != 1
    return ("", 0) if is_unclear or _SURROGATE.search(content) else (content, left_out)


def _short_tool(tool: dict[str, Any], detail: Detail) -> tuple[dict[str, Any], int]:
    """The tool, and how many descriptions its marker stands for; an empty one where its shape is another, or
    where the provider searches in it."""
    function = tool.get("function")
    if is_searched(tool):
        return {}, 0
    if tool.get("type") == "function" and isinstance(function, dict):
        short, left_out = _short_definition(function, "parameters", detail)
        return {**tool, "function": short}, left_out
    if tool.get("type", "custom") == "custom" and "input_schema" in tool:
        return _short_definition(tool, "input_schema", detail)
    if tool.get("type") == "function" and "parameters" in tool:
        return _short_definition(tool, "parameters", detail)
    return {}, 0


def is_searched(tool: Mapping[str, Any]) -> bool:
    """Whether the provider shows the tool only when its own search has found it."""
    function = tool.get("function")
    inner = function if isinstance(function, dict) else {}
    return tool.get("defer_loading") is True or inner.get("defer_loading") is True


def _short_definition(
    definition: dict[str, Any], schema_key: str, detail: Detail
) -> tuple[dict[str, Any], int]:
    name = str(definition.get("name") or "")
    in_schema = _Shortening(detail.schema, detail.deferred, definition.get("strict") is True)
    short = dict(definition)
    if schema_key in short:
        short[schema_key] = in_schema.schema(short[schema_key], (name,))
    of_tool = _Shortening(detail.tool, detail.deferred)
    described = Described((name,), _plain(definition.get(schema_key)), is_tool=True)
    short = of_tool.described(of_tool.without_labels(short, (name,)), described)
    left_out = in_schema.left_out + of_tool.left_out if detail.marked else 0
    return (_with_place(short) if left_out else short), left_out


def _plain(schema: Any) -> Mapping[str, Any]:
    """The schema of a tool's parameters; an empty one where it is none."""
    return schema if isinstance(schema, dict) else {}


def _with_place(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with the place of a marker behind its description."""
    return {**definition, "description": " ".join(filter(None, [definition.get("description"), _PLACE]))}


class _Shortening:
    """One mode applied to one tool. `left_out` counts the descriptions that lost a rule by it, or with
    `counts_all` anything. The provider checks a tool that `is_strict`, which keeps its keywords."""

    def __init__(self, mode: str, counts_all: bool = False, is_strict: bool = False) -> None:
        self._describe = MODES[mode]
        self._keeps_rules = mode in RULE_KEEPING
        self._counts_all = counts_all
        self._is_strict = is_strict
        self.left_out = 0

    def schema(self, schema: Any, names: tuple[str, ...], required: bool | None = None) -> Any:
        if not isinstance(schema, dict):
            return schema
        kept = {
            key: self._value(key, value, schema, names)
            for key, value in schema.items()
            if self._is_strict or not says_nothing(key, schema, required)
        }
        described = Described(names, schema, required)
        return ordered(self.described(self.without_labels(kept, names), described))

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
        if not self._keeps_rules:
            needed = text if self._counts_all else rules(text, described)
            self.left_out += len(short) < len(needed)
        if not short:
            return {key: value for key, value in holder.items() if key != "description"}
        return {**holder, "description": short}

    def _is_label(self, key: str, value: Any, names: tuple[str, ...]) -> bool:
        if key == "$comment":
            return True
        if not self._keeps_rules:
            return key == "title" or key in EXAMPLES
        return key == "title" and isinstance(value, str) and is_name_again(value, names)

    def _value(self, key: str, value: Any, schema: Mapping[str, Any], names: tuple[str, ...]) -> Any:
        """The value of a schema's keyword; what the keyword does not make a schema is data and stays."""
        if key in HOLDS_MAP and isinstance(value, dict):
            required = schema.get("required") if key == "properties" else None
            listed = required if isinstance(required, list) else []
            is_property = key == "properties"
            return {
                name: self.schema(held, (*names, name), name in listed if is_property else None)
                for name, held in value.items()
            }
        if key in HOLDS_LIST and isinstance(value, list):
            return [self.schema(held, names) for held in value]
        return self.schema(value, names) if key in HOLDS_ONE else value
