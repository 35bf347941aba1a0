"""A prompt as the segments that a provider's cache can end at, each with the key of all up to its end.

Before: tools, a system text and three messages, the second with two content blocks
After: the segments tools, system, message 1, message 2 up to its first block, message 2, message 3

Keys are hashes under the owner's secret, so that neither a text nor its equality with another's can be told.
Each message's go on from the one before, so that a next turn makes those of its new messages alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from token_optimizer.dialects.bodies import message_framing_tokens, messages_of
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


@dataclass(frozen=True, slots=True)
class LeadingSegments:
    """The segments of what stands before a turn's new messages: `of_messages` has those of each message, and
    `head` those of tools and system text. `lifetimes` has the usual one, and that of the client's breakpoint
    in each of these; `has_marks`: a message had one."""

    lifetimes: tuple[int, ...] = ()
    head: tuple[PromptSegment, ...] = ()
    of_messages: tuple[tuple[PromptSegment, ...], ...] = ()
    has_marks: bool = False


NO_SEGMENTS = LeadingSegments()


def prompt_segments(
    prompt: Prompt, body: Mapping[str, Any], dialect: Dialect, rules: CacheRules, secret: str
) -> tuple[PromptSegment, ...]:
    """The segments of the prompt that this body has; none where it does not hold all of it."""
    return whole_segments(leading_segments(prompt, body, dialect, rules, secret), prompt, body, rules)


def leading_segments(
    prompt: Prompt,
    body: Mapping[str, Any],
    dialect: Dialect,
    rules: CacheRules,
    secret: str,
    before: LeadingSegments = NO_SEGMENTS,
    marked: Collection[int] = (),
) -> LeadingSegments:
    """The segments of all that the body holds. Its first messages are those that `before` is of, but for the
    breakpoints that the client sets in the messages that are `marked` now."""
    if prompt.documents_at is not None or any(body.get(name) for name in _ELSEWHERE):
        return NO_SEGMENTS
    key = secret.encode()[:_MAX_SECRET_BYTES]
    around = _tools_of(body), _as_list(body.get("system") or body.get("instructions") or [])
    usual = rules.lifetime_seconds
    lifetimes = (usual, *(_lifetime(part, usual) for part in chain(*around)))
    messages = messages_of(body, dialect)
    known = len(before.of_messages) if before.lifetimes == lifetimes else 0
    counted = _tokens_by_place(prompt, known)
    head = before.head if known else _head(*around, usual, counted, key)
    found = list(before.of_messages[:known])
    if marked or before.has_marks:
        found = [
            _marked_again(segments, messages[number], usual, is_marked=number in marked)
            for number, segments in enumerate(found)
        ]
    last = _last_key(found[-1] if found else head)
    for number, message in enumerate(messages[known:], known):
        tokens = counted[number] + message_framing_tokens(message)
        found.append(_continued(last, _message_parts(message, usual), tokens, key))
        last = _last_key(found[-1])
    has_marks = any(segment.lifetime_seconds for segments in found[known:] for segment in segments)
    return LeadingSegments(lifetimes, head, tuple(found), has_marks or bool(marked) or before.has_marks)


def _head(
    tools: Sequence[Any], system: Sequence[Any], usual: int, counted: Mapping[int | str, int], key: bytes
) -> tuple[PromptSegment, ...]:
    """The segments of what stands before the messages."""
    of_tools = _continued("", _joined([_part(tool, tool, usual) for tool in tools]), counted["tools"], key)
    parts = [_part(text, text, usual) for text in system]
    return of_tools + _continued(_last_key(of_tools), parts, counted[OUTSIDE], key)


def _last_key(segments: Sequence[PromptSegment]) -> str:
    return segments[-1].key if segments else ""


def whole_segments(
    leading: LeadingSegments, prompt: Prompt, body: Mapping[str, Any], rules: CacheRules
) -> tuple[PromptSegment, ...]:
    """The segments with the breakpoints that the provider sets, and with all that the prompt counts."""
    segments = [*leading.head, *chain.from_iterable(leading.of_messages)]
    return _with_rest(_with_implicit(segments, body, rules), prompt.tokens)


def _tools_of(body: Mapping[str, Any]) -> list[Any]:
    return [*(body.get("tools") or ()), *(body.get("functions") or ())]


def _tokens_by_place(prompt: Prompt, first_message: int) -> Counter[int | str]:
    """The tokens of tools, of system text and of each message from this one on."""
    counted: Counter[int | str] = Counter()
    for block in reversed(prompt.blocks):
        if block.kind is Kind.SCHEMA:
            counted["tools"] += block.tokens
        elif 0 <= block.message < first_message:
            break
        elif block.kind is not Kind.FRAMING:
            counted[block.message] += block.tokens
    return counted


def _continued(before: str, parts: Sequence[_Part], tokens: int, key: bytes) -> tuple[PromptSegment, ...]:
    """The segments of what stands together, behind the one with the key `before`."""
    if not parts:
        return ()
    running = hashlib.blake2b(before.encode(), digest_size=_KEY_BYTES, key=key)
    segments = []
    for part, share in zip(parts, _shares(parts, tokens), strict=True):
        running.update(part.data)
        segments.append(PromptSegment(running.hexdigest(), share, part.lifetime_seconds))
    return tuple(segments)


def _marked_again(
    segments: tuple[PromptSegment, ...], message: Mapping[str, Any], usual: int, *, is_marked: bool
) -> tuple[PromptSegment, ...]:
    """The segments of a message with the breakpoints that it has now."""
    if not is_marked and not any(segment.lifetime_seconds for segment in segments):
        return segments
    lifetimes = (_lifetime(block, usual) for block in _content_blocks(message))
    return tuple(
        segment._replace(lifetime_seconds=lifetime)
        for segment, lifetime in zip(segments, lifetimes, strict=True)
    )


def _content_blocks(message: Mapping[str, Any]) -> Sequence[Any]:
    """What a message's segments end with."""
    content = message.get("content")
    return content if isinstance(content, list) and len(content) > 1 else [content]


def _message_parts(message: Mapping[str, Any], usual: int) -> list[_Part]:
    """A message up to each of its content blocks; all else of it belongs to the first."""
    blocks = _content_blocks(message)
    if len(blocks) < 2:
        return [_part(message, blocks[0], usual)]
    head = {name: value for name, value in message.items() if name != "content"}
    first, *later = blocks
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
    if value is None or isinstance(value, str):
        return 0
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
        return [PromptSegment(key, tokens, kept) for key, tokens, _ in segments]
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
