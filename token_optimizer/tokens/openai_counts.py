"""Token counts of OpenAI's encodings: equal to tiktoken's, at the speed of toktok, which is ten times that.

Both split a text by Unicode's classes, and toktok knows a newer Unicode: what that one made a letter, mark or
digit is an unknown character to tiktoken. A text that holds one is left to tiktoken itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import tiktoken

from token_optimizer.text.counting import counts_by
from token_optimizer.tokens.offline_ranks import offline_encoding

# The letters, marks and digits that came with Unicode 17.
_NEW_TO_TIKTOKEN = re.compile(
    "[\u088f\u0c5c\u0cdc\u1acf-\u1add\u1ae0-\u1aeb\ua7ce\ua7cf\ua7d2\ua7d4\ua7f1\U00010940-\U00010959"
    "\U00010ec5-\U00010ec7\U00010efa\U00010efb\U00011b60-\U00011b67\U00011db0-\U00011ddb\U00011de0-\U00011de9"
    "\U00016ea0-\U00016eb8\U00016ebb-\U00016ed3\U00016ff2-\U00016ff6\U000187f8-\U000187ff"
    "\U00018d09-\U00018d1e\U00018d80-\U00018df2\U0001e6c0-\U0001e6de\U0001e6e0-\U0001e6f5\U0001e6fe\U0001e6ff"
    "\U0002b73a-\U0002b73f\U0002cea2-\U0002cead\U000323b0-\U00033479]"
)
_ASCII = bytes(range(128))


def openai_counts(texts: Sequence[str], encoding: str, threads: int = 1) -> list[int]:
    """Tokens of each text in OpenAI's `encoding`; special tokens count as the text they are.

    `threads` 0 takes as many as there are cores. UnicodeEncodeError where a text holds a lone surrogate.
    """
    counts = counts_by(encoding, texts, threads)
    if all(map(str.isascii, texts)):
        return counts
    for at, text in enumerate(texts):
        if not text.isascii() and _NEW_TO_TIKTOKEN.search(_beyond_ascii(text)):
            counts[at] = len(_tiktoken(encoding).encode_ordinary(text))
    return counts


def _beyond_ascii(text: str) -> str:
    """What of the text is not ASCII: a pattern takes thirty times as long for all of it as this does."""
    return text.encode().translate(None, _ASCII).decode()


@lru_cache(maxsize=2)
def _tiktoken(name: str) -> tiktoken.Encoding:
    with offline_encoding(name) as encoding:
        return encoding
