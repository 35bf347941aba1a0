"""A provider's cache that counts tokens by a tokenizer of its own, each segment for itself.

What the mock provider counts otherwise is our own count, which a provider does not share: `CountingCache`
counts the texts of a prompt as tiktoken does, in `encoding_name`, and some tokens around each segment. So a
prefix has the same tokens in every prompt that begins with it, and what is billed adds up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from tests.provider.mock_cache import Json, MockCache, Segment, segments_of
from token_optimizer.models import Dialect
from token_optimizer.tokens.openai_counts import openai_counts

_AROUND_SEGMENT = 4
# Values that a model reads as JSON.
_STRUCTURED = frozenset({"input", "input_schema", "parameters"})
_UNREAD = frozenset({"type", "id", "tool_use_id", "tool_call_id", "call_id", "role"})


@dataclass(slots=True)
class CountingCache(MockCache):
    """Counts in one of tiktoken's encodings, `per_token` tokens for each of it."""

    encoding_name: str = "o200k_base"
    per_token: float = 1.0
    _counts: dict[str, int] = field(default_factory=dict)

    def tokens(self, body: Json, dialect: Dialect) -> int:
        return self.ends(segments_of(body, dialect), 0)[-1]

    def ends(self, segments: Sequence[Segment], tokens: int) -> list[int]:
        return list(accumulate(self._tokens_of(segment.text) for segment in segments))

    def _tokens_of(self, segment: str) -> int:
        if segment not in self._counts:
            count = sum(openai_counts(list(_texts(json.loads(segment))), self.encoding_name))
            self._counts[segment] = round(count * self.per_token) + _AROUND_SEGMENT
        return self._counts[segment]


def _texts(value: Any) -> Iterator[str]:
    """What a model reads of a part of a prompt."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in _STRUCTURED:
                yield json.dumps(item, separators=(",", ":"), ensure_ascii=False)
            elif name not in _UNREAD:
                yield from _texts(item)
