"""A provider's prompt cache, as the providers describe theirs, for the mock provider.

    provider.cache = MockCache()

Anthropic's keeps what ends at a `cache_control`, and looks back from each of them over 20 blocks. OpenAI's
keeps every prompt of 1,024 tokens, apart for each `prompt_cache_key`, and finds common beginnings in steps of
128 tokens; from GPT-5.6 on it keeps what ends at a breakpoint, implicit or not, and bills the write. A mark
in the wrong place is refused as the real ones would.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, takewhile
from typing import Any, NamedTuple

from token_optimizer.models import Dialect
from token_optimizer.prompt_cache.rules import cache_rules
from token_optimizer.tokens.counts import count_body

Json = dict[str, Any]
_LOOK_BACK_BLOCKS = 20
_MAX_BREAKPOINTS = 4
_SECONDS = {"5m": 300, "1h": 3600}
_LEAST_TOKENS = 1024
_STEP_TOKENS = 128


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a prompt between which breakpoints may stand; `lifetime` where one stands behind it."""

    text: str
    lifetime: str = ""


class Billed(NamedTuple):
    """Tokens of a prompt that were read, that were written, and those of them that are kept for an hour."""

    read: int = 0
    written: int = 0
    written_1h: int = 0


@dataclass(slots=True)
class MockCache:
    """What was kept of earlier prompts."""

    clock: Callable[[], float] = time.monotonic
    _until: dict[str, float] = field(default_factory=dict)
    _prompts: dict[str, list[list[str]]] = field(default_factory=dict)

    def tokens(self, body: Json, dialect: Dialect) -> int:
        """What the provider counts."""
        return count_body(body, dialect, body["model"])

    def ends(self, segments: Sequence[Segment], tokens: int) -> list[int]:
        """Where each segment ends, in tokens."""
        sizes = list(accumulate(len(segment.text) for segment in segments))
        return [round(size * tokens / max(sizes[-1], 1)) for size in sizes]

    def billed(self, body: Json, dialect: Dialect, tokens: int) -> Billed:
        """How many of a prompt's tokens were read, and how many written."""
        segments = segments_of(body, dialect)
        ends = self.ends(segments, tokens)
        if dialect == "anthropic":
            return self._marked(body, segments, ends)
        if str(body.get("model")).startswith("gpt-5.6"):
            return self._explicit(body, segments, ends)
        return Billed(self._automatic(body, segments, ends))

    def _marked(self, body: Json, segments: Sequence[Segment], ends: Sequence[int]) -> Billed:
        marks = [number for number, segment in enumerate(segments) if segment.lifetime]
        lifetimes = [segments[number].lifetime for number in marks]
        assert len(marks) <= _MAX_BREAKPOINTS, "more than four breakpoints are refused"
        assert lifetimes == sorted(lifetimes), "a longer lifetime behind a shorter one is refused"
        least = cache_rules(str(body["model"])).min_tokens
        return self._kept(body, segments, ends, [mark for mark in marks if ends[mark] >= least])

    def _explicit(self, body: Json, segments: Sequence[Segment], ends: Sequence[int]) -> Billed:
        marks = [number for number, segment in enumerate(segments) if segment.lifetime]
        assert len(marks) <= _MAX_BREAKPOINTS, "more than four breakpoints are refused"
        marks = [mark for mark in {*marks, len(segments) - 1} if ends[mark] >= _LEAST_TOKENS]
        return self._kept(body, segments, ends, sorted(marks), look_back=len(segments))

    def _kept(
        self,
        body: Json,
        segments: Sequence[Segment],
        ends: Sequence[int],
        marks: Sequence[int],
        look_back: int = _LOOK_BACK_BLOCKS,
    ) -> Billed:
        names, now = _names(body, segments), self.clock()
        near = {at for mark in marks for at in range(max(mark - look_back, 0), mark + 1)}
        found = max((at for at in near if self._until.get(names[at], 0) > now), default=-1)
        read = ends[found] if found >= 0 else 0
        for mark in marks:
            self._until[names[mark]] = now + _SECONDS.get(segments[mark].lifetime, 1800)
        until = max((ends[mark] for mark in marks), default=0)
        until_1h = max((ends[mark] for mark in marks if segments[mark].lifetime == "1h"), default=0)
        return Billed(read, max(until - read, 0), max(until_1h - read, 0))

    def _automatic(self, body: Json, segments: Sequence[Segment], ends: Sequence[int]) -> int:
        texts = [segment.text for segment in segments]
        route = f"{body.get('prompt_cache_key')} {''.join(texts)[:1024]}"
        known = self._prompts.setdefault(route, [])
        common = max((len(_common(texts, earlier)) for earlier in known), default=0)
        known.append(texts)
        tokens = ends[common - 1] if common else 0
        return tokens // _STEP_TOKENS * _STEP_TOKENS if tokens >= _LEAST_TOKENS else 0


def segments_of(body: Json, dialect: Dialect) -> list[Segment]:
    """The prompt in the pieces that its provider caches."""
    return anthropic_segments(body) if dialect == "anthropic" else openai_segments(body)


def anthropic_segments(body: Json) -> list[Segment]:
    """The tools, the blocks of the system text and those of the messages."""
    found = [_segment("tool", tool) for tool in body.get("tools", ())]
    found += [_segment("system", block) for block in _blocks(body.get("system") or [])]
    for message in body["messages"]:
        found += [_segment(message["role"], block) for block in _blocks(message["content"])]
    return found


def openai_segments(body: Json) -> list[Segment]:
    """The instructions and the tools, and then every message or item whole."""
    found = [Segment(json.dumps([body.get("instructions"), body.get("tools")]))]
    items = body.get("messages", body.get("input"))
    for item in items if isinstance(items, list) else [{"role": "user", "content": items}]:
        blocks = _blocks(item.get("content") or [])
        marked = any("prompt_cache_breakpoint" in block for block in blocks)
        texts = [{key: block[key] for key in block if key not in ("type", *_MARKS)} for block in blocks]
        found.append(Segment(json.dumps([{**item, "content": texts}]), "30m" if marked else ""))
    return found


_MARKS = ("cache_control", "prompt_cache_breakpoint")


def unmarked(value: Any) -> Any:
    """The value without the marks for a cache, which move from turn to turn."""
    if isinstance(value, dict):
        return {key: unmarked(item) for key, item in value.items() if key not in _MARKS}
    return [unmarked(item) for item in value] if isinstance(value, list) else value


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _segment(role: str, block: Json) -> Segment:
    mark = block.get("cache_control")
    if mark:
        assert block.get("type") not in ("thinking", "redacted_thinking"), "thinking cannot be marked"
        assert block.get("text", "x").strip(), "an empty text cannot be marked"
        assert not block.get("defer_loading"), "a deferred tool cannot be marked"
    text = json.dumps([role, {key: value for key, value in block.items() if key != "cache_control"}])
    return Segment(text, mark.get("ttl", "5m") if mark else "")


def _names(body: Json, segments: Sequence[Segment]) -> list[str]:
    """A name for each prefix."""
    names, hashed = [], hashlib.sha256(str(body.get("model")).encode())
    for segment in segments:
        hashed.update(segment.text.encode())
        names.append(hashed.hexdigest())
    return names


def _common(texts: Sequence[str], earlier: Sequence[str]) -> list[str]:
    return [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(texts, earlier, strict=False))]
