"""Tells JSON in which a program wrote down what people said: [{"speaker": "Ana", "text": "..."}, ...]."""

from __future__ import annotations

import re
from itertools import islice

_SPEAKER = re.compile(r'"speaker(?:_?(?:name|label|id))?"\s*:', re.IGNORECASE)
_MIN_SPOKEN = 6


def is_spoken(text: str) -> bool:
    """Whether rows of the JSON name who speaks."""
    return sum(1 for _ in islice(_SPEAKER.finditer(text), _MIN_SPOKEN)) == _MIN_SPOKEN
