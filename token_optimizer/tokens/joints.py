"""What texts count as one text, where it is known what they count apart: only around their joints a tokenizer
can read them in another way.

No tokenizer has a token that begins in a word and ends behind the space that follows it, if both characters
beside the space are letters of ASCII: there a text can be parted without a change of its tokens.

Before: "… to the cap" and "tain of a ship …"
After:  the tokens of " captain", less those of " cap" and "tain"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

Count = Callable[[Sequence[str]], list[int]]

_FIRST_SPACE = re.compile(r"[a-z] (?=[A-Za-z])")
_LAST_SPACE = re.compile(r"(?s:.*[a-z]) (?=[A-Za-z])")
# How far from an end the space is looked for.
_REACH_CHARS = 200


def joint_tokens(groups: Sequence[Sequence[str]], count: Count) -> list[int]:
    """For each group how many tokens more, or less, its texts are where they are joined."""
    around = [[window for window in _windows(group) if len(window) > 1] for group in groups]
    windows = list(chain.from_iterable(around))
    whole = iter(count(["".join(window) for window in windows]))
    apart = iter(count(list(chain.from_iterable(windows))))
    return [sum(next(whole) - sum(islice(apart, len(window))) for window in one) for one in around]


def _windows(texts: Sequence[str]) -> Iterator[list[str]]:
    """The ends of texts around each joint; a text without a space to part it at stands in one as a whole."""
    window: list[str] = []
    for text in texts:
        first = _FIRST_SPACE.search(text, 0, _REACH_CHARS)
        last = _LAST_SPACE.match(text, max(0, len(text) - _REACH_CHARS))
        if first is None or last is None:
            window.append(text)
            continue
        if window:
            window.append(text[: first.end() - 1])
            yield window
        window = [text[last.end() - 1 :]]
    yield window
