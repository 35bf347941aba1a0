"""Tells whether a question about changes or declarations asks for few of them, and not what all of them do.

Before: "What is the new timeout in src/api/session.py?"
After:  it names something that one of fourteen files has
Before: "Is this change safe?"
After:  not
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from token_optimizer.optimizer.logs.lines import names
from token_optimizer.optimizer.relevance.words import stems_of
from token_optimizer.optimizer.selection.soft.specific import specific_stems

# What is asked of a change as a whole, or of how good it is.
_OF_THE_WHOLE = re.compile(
    r"""(?i)\b(?:review|bugs?\b|wrong|fix|refactor|rewrit|implement|secur|vulnerab|risk|safe|break|problem
    |issue|improv|summar|overview|describ|explain|commit\ message|release\ notes|changelog|titles?\b|why\b
    |correct|fail|error|all\b|every|each\b|any\b|impact|affect|depend|order\b)""",
    re.VERBOSE,
)
# What more of the parts have tells of none of them.
_MAX_NAMED_SHARE = 0.25
_MIN_RARE = 0.5


def asks_for_few(parts: Sequence[str], query: str) -> bool:
    """Whether the query asks for something that few of the parts have: by a name, or by most of its words."""
    if _OF_THE_WHOLE.search(query):
        return False
    if names_few(parts, query):
        return True
    asked = specific_stems(query)
    stems = [asked.intersection(stems_of(part)) for part in parts]
    few = _few_of(parts)
    rare = sum(0 < sum(word in found for found in stems) <= few for word in asked)
    return rare >= max(1, _MIN_RARE * len(asked))


def names_few(parts: Sequence[str], query: str) -> bool:
    """Whether the query names something that few of the parts have."""
    few = _few_of(parts)
    return any(0 < sum(name in part for part in parts) <= few for name in names(query))


def _few_of(parts: Sequence[str]) -> float:
    return max(1.0, _MAX_NAMED_SHARE * len(parts))
