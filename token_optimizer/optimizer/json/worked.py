"""Tells JSON that is worked examples: [{"input": "2 + 2", "output": "4"}, ...]."""

from __future__ import annotations

import re
from itertools import islice

_STRING = r'"(?:[^"\\]|\\.)*+"'
_EXAMPLE = re.compile(
    rf'\{{\s*+"(?:input|prompt|problem|instruction)"\s*+:\s*+{_STRING}\s*+,'
    rf'\s*+"(?:output|completion|solution|response|label)"\s*+:\s*+{_STRING}\s*+\}}',
    re.DOTALL,
)
_MIN_EXAMPLES = 3


def is_worked(text: str) -> bool:
    """Whether objects of the JSON are nothing but what is given and what comes of it."""
    return sum(1 for _ in islice(_EXAMPLE.finditer(text), _MIN_EXAMPLES)) == _MIN_EXAMPLES
