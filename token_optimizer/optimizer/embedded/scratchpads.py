"""Finds what tools returned to an agent whose steps all stand in one message.

Such a message begins with the task, and grows with each step: a thought, a call and what it returned.

Before: "Question: Who?\nAction: search\nAction Input: mill\nObservation: {2,000 characters}\nThought:"
After:  the 2,000 characters
"""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"^[ \t]*(?P<name>Question|Thought|Action Input|Action|Observation|Final Answer):[ \t]*", re.MULTILINE
)
_CALLS = ("Action", "Action Input")


def observed_spans(text: str, min_chars: int) -> list[tuple[int, int]]:
    """What follows "Observation:" behind a call, up to the next label of a step, where it is that long."""
    if "\nObservation:" not in text:
        return []
    labels = [(match["name"], match.start(), match.end()) for match in _LABEL.finditer(text)]
    starts = [start for _, start, _ in labels] + [len(text)]
    is_called = False
    spans = []
    for number, (name, _, begin) in enumerate(labels, 1):
        end = starts[number]
        if name == "Observation" and is_called and end - begin >= min_chars:
            spans.append((begin, end))
        is_called = name in _CALLS
    return spans
