"""The numbers that a question means by the first and the last of them.

Before: "List the rows with ids 70 to 73.", "orders 70-73", "between 70 and 73"
After:  70, 71, 72, 73
"""

from __future__ import annotations

import re

_MAX_NUMBERS = 200
_RANGE = re.compile(
    r"""(?<![\w.,/:-])(?P<first>\d{1,9})
    (?:\s?[-–—]\s?|\s(?:to|through|until|till|up\ to|bis|à|hasta|al|a|до|по)\s)
    (?P<last>\d{1,9})(?![\w/:-]|[.,]\d)
    |\b(?:between|zwischen|entre|tra|между)\s(?:\w+\s)?(?P<low>\d{1,9})\s(?:and|und|et|y|e|и)\s(?P<high>\d{1,9})\b""",
    re.VERBOSE | re.IGNORECASE,
)


def numbers_meant(query: str) -> list[str]:
    """All numbers of each range, in order; none of one that is too long to mean single things."""
    found: list[str] = []
    for match in _RANGE.finditer(query):
        first, last = int(match["first"] or match["low"]), int(match["last"] or match["high"])
        if 0 < last - first < _MAX_NUMBERS:
            found.extend(map(str, range(first, last + 1)))
    return found
