"""Tells whether a question about a transcript is answered in one place, by words that hardly stand elsewhere.

People speak of a subject in many words, so that most questions about a meeting need more than what has their
words. A question for a fact names it as it was said.

Before: "When is the submarine cable cut over?", and one line with "submarine", "cable" and "cut"
After:  answered in one place
Before: "What did the group discuss about speech recognition?", and eight lines with "speech"
After:  not
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from itertools import chain, pairwise

from token_optimizer.optimizer.relevance.words import stems

# A rare word stands in no more passages, or in no larger share of them.
_MAX_PASSAGES, _MAX_SHARE = 3, 0.01
_MIN_WORDS = 2
# Of the words of the question so many have to stand together.
_MIN_ASKED_SHARE = 0.5


def is_answered_in_one_place(passages: Sequence[str], asked: Set[str]) -> bool:
    """Whether most of the asked words, given by their stems, are rare and stand in one passage, or two."""
    said = [asked & set(words) for words in stems(passages)]
    counts = Counter(chain.from_iterable(said))
    most = max(_MAX_PASSAGES, _MAX_SHARE * len(passages))
    rare = {word for word, count in counts.items() if count <= most}
    together = max((len((one | other) & rare) for one, other in pairwise([*said, set()])), default=0)
    # Where no space parts words, those that are nowhere said are none.
    words = [word for word in asked if word.isascii() or word in counts]
    return together >= max(_MIN_WORDS, _MIN_ASKED_SHARE * len(words))
