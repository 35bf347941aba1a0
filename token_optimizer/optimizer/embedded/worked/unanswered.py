"""Finds what is left unanswered at the end of a text in which two marks take turns: questions and answers.

Before: "Human: One?\\nAssistant: Yes.\\nHuman: Two?\\nAssistant: No.\\nHuman: Three?\\nAssistant:"
After:  the last question starts at its "Human:"
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from token_optimizer.optimizer.embedded.transcripts import is_field
from token_optimizer.optimizer.embedded.worked.last import start_behind_last
from token_optimizer.text.lines import matches_at_lines

# What is asked behind examples is no longer.
_MAX_ASKED_CHARS = 6_000
_MIN_ANSWERED, _MIN_ALIKE = 2, 3
_MAX_END_CHARS = 300
# Behind the last question stand marks within it, and that of its answer.
_NEAR_END = 8
_MARK = re.compile(
    r"""[ \t]*(?P<name>
      (?:\#{1,6}[ \t]+|[*_]{1,3})?[^\W\d_][\w ]{0,23}?[*_]{0,3}[ ]?[:：][*_]{0,3}
    | \#{1,6}[ \t]+[^\W\d_][\w ]{0,23}:?(?=[ \t]*(?:\n|\Z))
    | <\|?(?:im_start|start_of_turn|start_header_id)\|?>[ \t]*\w{1,20}
    | <[^\W\d_][\w-]{0,23}>
    | \d{1,3}[.)](?=[ \t])
    )[ \t]*""",
    re.VERBOSE,
)
_MAY_OPEN_MARK = re.compile(r"\n[ \t]*+[^\W_]|\n[ \t]*+[#*_<\[]")
_AROUND_NAME = " \t#*_:：<>"
_DIGITS = re.compile(r"\d+")


class _Mark(NamedTuple):
    start: int
    end: int
    name: str


class Unanswered(NamedTuple):
    """Where the question starts that has no answer yet, and whether it is one more of those before it,
    whose answers end alike."""

    start: int
    is_example: bool


def unanswered_in(text: str) -> Unanswered | None:
    """What has no answer yet: the last of what two marks open in turn, or what follows the last answer where
    that has more paragraphs than any other. None where nothing is."""
    marks = [
        _Mark(match.start("name"), match.end(), _DIGITS.sub("9", match["name"]))
        for match in matches_at_lines(_MARK, _MAY_OPEN_MARK, text)
    ]
    counts = Counter(mark.name for mark in marks)
    marks = [mark for mark in marks if counts[mark.name] >= _MIN_ANSWERED]
    found = [one for names in _pairs(marks, counts) if (one := _found_in(text, marks, *names)) is not None]
    first = min(found, default=None)
    return first if first is not None and len(text) - first.start <= _MAX_ASKED_CHARS else None


def _pairs(marks: Sequence[_Mark], counts: Counter[str]) -> Iterator[tuple[str, str]]:
    """Names of which there are as many, or one more of the first than of the second."""
    near = {mark.name for mark in marks[-_NEAR_END:]}
    names = [name for name in dict.fromkeys(mark.name for mark in marks) if name in near]
    for at, asking in enumerate(names):
        for answering in names[at + 1 :]:
            if 0 <= counts[asking] - counts[answering] <= 1:
                yield asking, answering


def _found_in(text: str, marks: Sequence[_Mark], asking: str, answering: str) -> Unanswered | None:
    """The last question, where the two take turns and leave one open."""
    turns = [mark for mark in marks if mark.name in (asking, answering)]
    if any(mark.name == after.name for mark, after in pairwise(turns)):
        return None
    answers = [text[mark.end : after.start] for mark, after in pairwise(turns)][1::2]
    if len(answers) < _MIN_ANSWERED:
        return None
    # Mail may end alike, too.
    is_example = not is_field(asking.strip(_AROUND_NAME)) and _end_alike(answers)
    if turns[-1].name == asking:
        return Unanswered(turns[-1].start, is_example)
    if not text[turns[-1].end :].strip():
        return Unanswered(turns[-2].start, is_example)
    behind = start_behind_last(text, turns[-1].end, answers)
    return Unanswered(behind, is_example=False) if behind is not None else None


def _end_alike(answers: Sequence[str]) -> bool:
    """Whether the ends of several answers differ, and share three words in a row: "the answer is"."""
    ends = {answer.rstrip().rpartition("\n")[2][-_MAX_END_CHARS:] for answer in answers}
    if len(answers) < _MIN_ALIKE or len(ends) < _MIN_ANSWERED:
        return False
    words = [end.split() for end in ends]
    return bool(set.intersection(*({*zip(one, one[1:], one[2:], strict=False)} for one in words)))
