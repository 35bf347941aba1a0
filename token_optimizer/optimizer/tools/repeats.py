"""Describes once what several parameters say: the later ones refer to the first.

Of a parameter that several tools take, name, type and all that makes a call valid are the same in both, and
stay in both; the first one's description has every word of the later one's. Two parameters side by side have
one type, and the same description word for word.

Before: "user_id": {"type": "string", "description": "Of the guest who stays."} in `book` and in `cancel`
After:  "user_id": {"type": "string", "description": "As in book."} in `cancel`
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from token_optimizer.models import Block
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import with_text
from token_optimizer.optimizer.tools.schemas import is_searched, tool_name, tool_of
from token_optimizer.text.cache import TextCache, key_of

# A description is referred to that is so many times as long as the reference.
_MIN_TIMES_LONGER = 1.5
# Each level is compared with all that stands within it.
_MAX_DEPTH = 4
_REFERRING_TEXTS: TextCache[tuple[str, ...]] = TextCache(2_000, max_chars=12_000_000)
_ALTERNATIVES = ("anyOf", "oneOf", "allOf")
# By a parameter's name and its schema without descriptions: the first tool with it, and its descriptions.
_Seen = dict[tuple[str, str], tuple[str, list[str]]]


def described_once(blocks: Sequence[Block]) -> list[Block]:
    """The tools, where a parameter was described before with a reference to the first that has it."""
    open_blocks = [block for block in blocks if not (block.must_keep or block.verbatim or block.markers)]
    texts = [block.content for block in open_blocks]
    key = key_of("\n".join(texts), "described once")
    short = _REFERRING_TEXTS.get(key)
    if short is None:
        short = tuple(_referring(texts))
        _REFERRING_TEXTS.put(key, short)
    changed = {
        block.id: with_text(block, MarkedText(text), show_handles=False).but(tokens=0)
        for block, text in zip(open_blocks, short, strict=True)
        if text != block.content
    }
    return [changed.get(block.id, block) for block in blocks]


def _referring(texts: Sequence[str]) -> Iterator[str]:
    seen: _Seen = {}
    for text in texts:
        tool = tool_of(text)
        name = tool_name(tool) if tool is not None and not is_searched(tool) else ""
        try:
            refers = tool is not None and name != "" and _refer(_parameters(tool), name, seen)
        except RecursionError:
            refers = False
        yield json.dumps(tool, ensure_ascii=False, separators=(",", ":")) if refers else text


def _parameters(tool: dict[str, Any]) -> Any:
    function = tool.get("function")
    definition = function if isinstance(function, dict) else tool
    return definition.get("parameters") or definition.get("input_schema")


def _refer(schema: Any, name: str, seen: _Seen, depth: int = 0) -> bool:
    """Put references into the schema of the tool of this name; whether there are any."""
    refers = False
    if depth == _MAX_DEPTH:
        return refers
    beside: dict[tuple[str, str], str] = {}
    for key, held in _properties(schema):
        bare = copy.deepcopy(held)
        described = list(_undescribed(bare))
        found = (key, json.dumps(bare, sort_keys=True))
        first, known = seen.setdefault(found, (name, described))
        reference = f"As in {first}."
        if first != name and _is_longer(described, reference) and _have(known, described):
            held.clear()
            held.update(bare, description=reference)
            refers = True
        elif _refers_beside(key, held, beside):
            # A reference is never to what refers to another.
            seen.pop(found, None)
            refers = True
        else:
            refers = _refer(held, name, seen, depth + 1) or refers
    return refers


def _refers_beside(key: str, held: dict[str, Any], beside: dict[tuple[str, str], str]) -> bool:
    """Whether the description became a reference to the same one of a parameter beside this one."""
    text = held.get("description")
    if not isinstance(text, str):
        return False
    first = beside.setdefault((json.dumps(held.get("type")), text), key)
    reference = f"As {first}."
    if first == key or not _is_longer([text], reference):
        return False
    held["description"] = reference
    return True


def _is_longer(described: Sequence[str], reference: str) -> bool:
    return sum(map(len, described)) >= _MIN_TIMES_LONGER * len(reference)


def _have(known: Sequence[str], described: Sequence[str]) -> bool:
    """Whether each description has the words of the one in its place."""
    return all(text in whole for whole, text in zip(known, described, strict=True))


def _undescribed(schema: dict[str, Any]) -> Iterator[str]:
    """Take out the descriptions of the schema and of all that stands within it; empty where there is none."""
    described = schema.pop("description", "")
    yield described if isinstance(described, str) else json.dumps(described)
    for _, held in _properties(schema):
        yield from _undescribed(held)


def _properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties of an object, of the items of a list, or of what may stand in their place, that are
    schemas."""
    while isinstance(schema, dict) and isinstance(schema.get("items"), dict):
        schema = schema["items"]
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    for key, held in properties.items() if isinstance(properties, dict) else ():
        if isinstance(held, dict):
            yield key, held
    for keyword in _ALTERNATIVES:
        parts = schema.get(keyword)
        for part in parts if isinstance(parts, list) else ():
            yield from _properties(part)
