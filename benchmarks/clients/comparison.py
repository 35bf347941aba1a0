"""The bodies of a session as the client sent them, compared with those that reached the provider."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.clients.servers.records import Body, messages_of, tools_of
from token_optimizer.tokens import count_tokens

_COUNTED_AS = "gpt-4o"
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_RULE = re.compile(
    r"\b(?:MUST|NEVER|ALWAYS|DO NOT|SHALL|REQUIRED|FORBIDDEN|IMPORTANT|ONLY|EXACTLY|CRITICAL|WARNING)\b"
    r"|\b(?:must|never|always|do not|don't|should|required|only|at least|at most|exactly|format)\b"
)
_DEFERRED = re.compile(r"\[… \d+ descriptions? shortened #\d{6}\]")
_SCHEMA_FACTS = ("type", "enum", "required", "const", "format", "pattern", "minimum", "maximum", "default")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changed` names the fields of bodies that differ, `broken_prefixes` the requests whose body does not
    begin as the one before it although the client's did, `lost_rules` what no longer stands in a tool, and
    `deferred_rules` what stands behind the handle of a marker in its tool."""

    requests: int
    unmatched: int
    tokens_before: int
    tokens_after: int
    changed: tuple[str, ...]
    pairs: int
    broken_prefixes: tuple[int, ...]
    rules: int
    lost_rules: tuple[str, ...]
    deferred_rules: tuple[str, ...] = ()


def compare(sent: list[Body], received: list[Body]) -> Comparison:
    matched = list(_matched(sent, received))
    pairs = [pair for pair in pairwise(matched) if _continues(pair[0][0], pair[1][0])]
    broken = [number for number, (old, new) in enumerate(pairs, 1) if not _continues(old[1], new[1])]
    rules = [_rules_of(body) for body, _ in matched]
    gone = [
        (rule, is_deferred)
        for found, (_, body) in zip(rules, matched, strict=True)
        for rule, is_deferred in _gone(found, body)
    ]
    return Comparison(
        requests=len(sent),
        unmatched=len(sent) - len(matched),
        tokens_before=sum(_tokens(body) for body, _ in matched),
        tokens_after=sum(_tokens(body) for _, body in matched),
        changed=tuple(sorted({name for pair in matched for name in _changed(*pair)})),
        pairs=len(pairs),
        broken_prefixes=tuple(broken),
        rules=sum(len(found) for found in rules),
        lost_rules=tuple(rule for rule, is_deferred in gone if not is_deferred),
        deferred_rules=tuple(rule for rule, is_deferred in gone if is_deferred),
    )


def _matched(sent: list[Body], received: list[Body]) -> Iterator[tuple[Body, Body]]:
    """Each body with the first one at the provider that has its path and model and was not taken yet."""
    left = list(received)
    for body in sent:
        found = next((other for other in left if _is_same_request(body, other)), None)
        if found is not None:
            left.remove(found)
            yield body, found


def _is_same_request(sent: Body, received: Body) -> bool:
    names = ("model", "stream", "max_tokens")
    same = all(sent.content.get(name) == received.content.get(name) for name in names)
    return same and sent.path == received.path and bool(tools_of(sent)) == bool(tools_of(received))


def _continues(old: Body, new: Body) -> bool:
    """Whether the new body begins as the old one did: system, tools, and the messages in their order."""
    parts = ("system", "instructions", "tools")
    if any(_plain(old.content.get(name)) != _plain(new.content.get(name)) for name in parts):
        return False
    before, after = ([_plain(message) for message in messages_of(body)] for body in (old, new))
    return len(before) <= len(after) and after[: len(before)] == before


def _plain(value: Any) -> str:
    """JSON without the cache marks, which clients move from turn to turn."""
    return re.sub(r',? ?"cache_control": \{[^{}]*\}', "", json.dumps(value, ensure_ascii=False))


def _changed(sent: Body, received: Body) -> Iterator[str]:
    for name in sent.content.keys() | received.content.keys():
        if name not in received.content:
            yield f"{name} removed"
        elif name not in sent.content:
            yield f"{name} added"
        elif sent.content[name] != received.content[name]:
            yield name


def _tokens(body: Body) -> int:
    parts = {name: body.content.get(name) for name in ("system", "instructions", "tools")}
    return count_tokens(json.dumps([parts, messages_of(body)], ensure_ascii=False), _COUNTED_AS)


def _rules_of(body: Body) -> list[tuple[str, str]]:
    """The rules in the tools' descriptions and the facts of their schemas, each with its tool's name."""
    return [(tool.get("name", ""), rule) for tool in tools_of(body) for rule in _rules(tool)]


def _rules(tool: dict[str, Any]) -> Iterator[str]:
    schema = tool.get("input_schema") or tool.get("parameters") or {}
    for text in [tool.get("description") or "", *_descriptions(schema)]:
        for sentence in _SENTENCE.split(text):
            if _RULE.search(sentence):
                yield " ".join(sentence.split())
    yield from _facts(schema)


def _descriptions(schema: Any) -> Iterator[str]:
    for key, value in _items(schema):
        if key == "description" and isinstance(value, str):
            yield value
        yield from _descriptions(value)


def _facts(schema: Any, path: str = "") -> Iterator[str]:
    for key, value in _items(schema):
        if key in _SCHEMA_FACTS and not isinstance(value, dict):
            yield f"{path}/{key}={json.dumps(value)}"
        else:
            yield from _facts(value, f"{path}/{key}")


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return value.items()
    return ((str(number), item) for number, item in enumerate(value)) if isinstance(value, list) else ()


def _gone(rules: list[tuple[str, str]], received: Body) -> Iterator[tuple[str, bool]]:
    """The rules that stand no longer in their tools, and of each whether it can be read back."""
    tools = {tool.get("name", ""): tool for tool in tools_of(received)}
    whole = {name: " ".join(_texts(tool)) for name, tool in tools.items()}
    for name, rule in rules:
        if rule not in whole.get(name, ""):
            description = tools.get(name, {}).get("description") or ""
            yield f"{name}: {rule}", _DEFERRED.search(description) is not None


def _texts(tool: dict[str, Any]) -> Iterator[str]:
    schema = tool.get("input_schema") or tool.get("parameters") or {}
    for text in [tool.get("description") or "", *_descriptions(schema)]:
        yield " ".join(text.split())
    yield from _facts(schema)
