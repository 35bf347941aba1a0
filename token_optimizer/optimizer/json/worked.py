"""Tells JSON that is worked examples: [{"input": "2 + 2", "output": "4"}, ...]."""

from __future__ import annotations

import re

from token_optimizer.text.cache import remembered
from token_optimizer.text.lines import are_at_least

_STRING = r'"(?:[^"\\]|\\.)*+"'
_EXAMPLE = re.compile(
    rf'\{{\s*+"(?:input|prompt|problem|instruction)"\s*+:\s*+{_STRING}\s*+,'
    rf'\s*+"(?:output|completion|solution|response|label)"\s*+:\s*+{_STRING}\s*+\}}',
    re.DOTALL,
)
_MIN_EXAMPLES = 3
_MAX_TEXTS = 2_000


@remembered(_MAX_TEXTS)
def is_worked(text: str) -> bool:
    """Whether objects of the JSON are nothing but what is given and what comes of it."""
    return are_at_least(_EXAMPLE.finditer(text), _MIN_EXAMPLES)
