"""A prompt as the segments that a provider's cache can end at, each with the key of all up to its end.

Before: tools, a system text and three messages, the second with two content blocks
After: the segments tools, system, message 1, message 2 up to its first block, message 2, message 3

Keys are hashes under the owner's secret, so that neither a text nor its equality with another's can be told.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from token_optimizer.dialects.bodies import conversation_of, message_framing_tokens
from token_optimizer.dialects.unmarked_json import unmarked_json
from token_optimizer.models import OUTSIDE, Dialect, Kind, Prompt, PromptSegment
from token_optimizer.prompt_cache.rules import DAY, HOUR, CacheRules

_KEY_BYTES = 10
_MAX_SECRET_BYTES = 64
# With these the provider knows more of the prompt than the request says.
_ELSEWHERE = ("prompt", "previous_response_id", "conversation")


class _Part(NamedTuple):
    """What a segment is made of: its bytes, and the lifetime of the breakpoint that the client set in it."""

    data: bytes
    lifetime_seconds: int


def prompt_segments(
    prompt: Prompt, body: Mapping[str, Any], dialect: Dialect, rules: CacheRules, secret: str
) -> tuple[PromptSegment, ...]:
    """The segments of the prompt that this body has; none where it does not hold all of it."""
    if prompt.documents_at is not None or any(body.get(name) for name in _ELSEWHERE):
        return ()
    chain = hashlib.blake2b(digest_size=_KEY_BYTES, key=secret.encode()[:_MAX_SECRET_BYTES])
    segments = []
    for parts, tokens in _groups(prompt, body, dialect, rules.lifetime_seconds):
        for part, share in zip(parts, _shares(parts, tokens), strict=True):
            chain.update(part.data)
            segments.append(PromptSegment(chain.hexdigest(), share, part.lifetime_seconds))
    return _with_rest(_with_implicit(segments, body, rules), prompt.tokens)


def _groups(
    prompt: Prompt, body: Mapping[str, Any], dialect: Dialect, usual: int
) -> Iterator[tuple[Sequence[_Part], int]]:
    """What stands together, in the order in which providers read it, with its tokens. `usual` is the lifetime
    of breakpoints that name none."""
    counted: Counter[int | str] = Counter()
    for block in prompt.blocks:
        if block.kind is Kind.SCHEMA:
            counted["tools"] += block.tokens
        elif block.kind is not Kind.FRAMING:
            counted[block.message] += block.tokens
    tools = [*(body.get("tools") or ()), *(body.get("functions") or ())]
    if tools:
        yield _joined([_part(tool, tool, usual) for tool in tools]), counted["tools"]
    system = body.get("system") or body.get("instructions")
    if system:
        yield [_part(text, text, usual) for text in _as_list(system)], counted[OUTSIDE]
    for number, message in enumerate(conversation_of(body, dialect)):
        yield _message_parts(message, usual), counted[number] + message_framing_tokens(message)


def _message_parts(message: Mapping[str, Any], usual: int) -> list[_Part]:
    """A message up to each of its content blocks; all else of it belongs to the first."""
    content = message.get("content")
    if not isinstance(content, list) or len(content) < 2:
        return [_part(message, content, usual)]
    head = {name: value for name, value in message.items() if name != "content"}
    first, *later = content
    opening = _part({**head, "content": [first]}, first, usual)
    return [opening, *(_part(block, block, usual) for block in later)]


def _part(value: Any, marked: Any, usual: int) -> _Part:
    return _Part(unmarked_json(value), _lifetime(marked, usual))


def _joined(tools: Sequence[_Part]) -> list[_Part]:
    """Tools as one part, or as several that end at breakpoints: clients send very many."""
    parts, data = [], b""
    for tool in tools:
        data += tool.data
        if tool.lifetime_seconds:
            parts.append(_Part(data, tool.lifetime_seconds))
            data = b""
    return [*parts, _Part(data, 0)] if data else parts


def _lifetime(value: Any, usual: int) -> int:
    """The lifetime of the breakpoint in a part, or of the last one in what it holds; `usual` where it names
    none."""
    if isinstance(value, list):
        return next(filter(None, (_lifetime(part, usual) for part in reversed(value))), 0)
    if not isinstance(value, Mapping):
        return 0
    mark = value.get("cache_control")
    if isinstance(mark, Mapping):
        return HOUR if mark.get("ttl") == "1h" else usual
    if value.get("prompt_cache_breakpoint"):
        return usual
    return _lifetime(value.get("content"), usual)


def _shares(parts: Sequence[_Part], tokens: int) -> list[int]:
    """The tokens of a group by its parts, as their lengths are."""
    total, left, rest = sum(len(part.data) for part in parts), tokens, []
    for part in parts[:-1]:
        share = tokens * len(part.data) // total
        rest.append(share)
        left -= share
    return [*rest, left]


def _with_implicit(
    segments: Sequence[PromptSegment], body: Mapping[str, Any], rules: CacheRules
) -> list[PromptSegment]:
    """The segments with the breakpoints that the provider sets by itself."""
    if rules.implicit == "everywhere":
        kept = DAY if body.get("prompt_cache_retention") == "24h" else rules.lifetime_seconds
        return [segment._replace(lifetime_seconds=kept) for segment in segments]
    lifetime = _lifetime_of_newest(body, rules)
    if not segments or not lifetime or segments[-1].lifetime_seconds:
        return list(segments)
    return [*segments[:-1], segments[-1]._replace(lifetime_seconds=lifetime)]


def _lifetime_of_newest(body: Mapping[str, Any], rules: CacheRules) -> int:
    """The lifetime of the breakpoint that the provider sets at the prompt's end; 0 where it sets none."""
    if rules.implicit == "newest":
        options = body.get("prompt_cache_options")
        explicit = isinstance(options, Mapping) and options.get("mode") == "explicit"
        return 0 if explicit else rules.lifetime_seconds
    return _lifetime({"cache_control": body.get("cache_control")}, rules.lifetime_seconds)


def _with_rest(segments: Sequence[PromptSegment], tokens: int) -> tuple[PromptSegment, ...]:
    """The segments with what else the prompt counts, at its end."""
    if not segments:
        return ()
    rest = tokens - sum(segment.tokens for segment in segments)
    return (*segments[:-1], segments[-1]._replace(tokens=segments[-1].tokens + rest))


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]
