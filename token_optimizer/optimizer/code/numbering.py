"""Takes the padding from the line numbers that a tool writes before the lines of a file.

The numbers stay, since later calls name them, and so does every line behind its number.

Before: "     9→def size(self):\\n    10→    return self._size"
After:  "9→def size(self):\\n10→    return self._size"
"""

from __future__ import annotations

import re
from itertools import pairwise

_NUMBERED = re.compile(r"^ *(\d{1,7})(?=[→\t|:])", re.MULTILINE)
_MIN_LINES = 3
# A line that was too long may have been wrapped without a number.
_MIN_SHARE = 0.9


def without_padding(text: str) -> str:
    """The text with its line numbers at the start of their lines; unchanged where they count no lines."""
    found = list(_NUMBERED.finditer(text))
    if len(found) < max(_MIN_LINES, _MIN_SHARE * text.count("\n")):
        return text
    numbers = [int(match.group(1)) for match in found]
    if any(second != first + 1 for first, second in pairwise(numbers)):
        return text
    return _NUMBERED.sub(r"\1", text)
