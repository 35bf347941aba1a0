"""The bodies of a program's functions that a question leaves aside.

What the question names stays whole, and so does what that calls; of the others the first lines stay. Nothing
goes where the question names no function, or wants the program changed: then all of it may matter.

Before: a module of forty functions, and "What does copy_tree do where the target exists?"
After:  the bodies of all but `copy_tree`, what it calls, and what has most of the question's words
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.code.definitions import definition_end, definitions
from token_optimizer.optimizer.code.passages import line_passages, without_number
from token_optimizer.optimizer.relevance.words import stems_of
from token_optimizer.text.cache import remembered

_MIN_BODY_LINES = 4
_MIN_DEFINITIONS = 5
# A word that more of the functions have tells nothing of one.
_MAX_NAMED_SHARE = 0.25
# What has more than this share of the words of the best stays, too.
_NEAR_BEST = 0.5
_VALUE = 0.02
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CALLED = re.compile(r"(?<!\w)(\w{2,80})(?=\s*\()")
# Holds other definitions, each of which has a body of its own.
_HOLDS_OTHERS = re.compile(
    r"\s*(?:\w+\s+){0,4}(?:class|struct|interface|trait|impl|module|namespace|enum|object|record)\b"
)
_WANTS_CHANGE = re.compile(
    r"""(?i)\b(?:fix|refactor|rewrit|implement|convert|port\b|migrat|optimi[sz]|debug|bug|review|tests?\b
    |(?:add|chang|renam|replac|remov|updat|creat|generat|complet)(?!ed\b)|improv|clean|write|make
    |extend|translat|vulnerab|wrong|fail|error|issue|problem|secur|perform|slow|correct|simplif|document|comment
    |explain|overview|structure|all\b|(?<!\bfor\ )(?:every|each)
    |(?:every|each)\ (?:function|method|class|file|module|endpoint|route|line|part|step|test)s?\b)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function with its name, where its body stands, its text, and the stems of its name and of all of it.
    The body of a short one stays."""

    name: str
    start: int
    end: int
    text: str
    named: frozenset[str]
    stems: frozenset[str]
    is_short: bool


def wants_whole_program(query: str) -> bool:
    """Whether the query may need all of a program, as it wants it changed or judged."""
    return _WANTS_CHANGE.search(query) is not None


def functions_of(text: str, markers: tuple[Marker, ...] = ()) -> Sequence[Function]:
    """The functions."""
    return tuple(_functions(text, markers)) if markers else _functions_of_whole(text)


@remembered(500, max_chars=4_000_000)
def _functions_of_whole(text: str) -> Sequence[Function]:
    """Asked for twice of each file: for its own sake, and beside the others."""
    return tuple(_functions(text, ()))


def body_passages(
    text: str,
    query: str | None = None,
    markers: tuple[Marker, ...] = (),
    *,
    beside: Sequence[Function] = (),
) -> list[Passage]:
    """The bodies that may go, each as one passage; none where the query names no function of this text, or of
    those in the files `beside` it."""
    own = functions_of(text, markers)
    functions = [*own, *beside] if own else []
    asked = frozenset(_stems(query or ""))
    if sum(not one.is_short for one in functions) < _MIN_DEFINITIONS or not asked:
        return []
    rarity = _rarity(functions, asked)
    by_name = _scores(rarity, [one.named for one in functions])
    named = _best(functions, by_name)
    if not any(by_name) or len(named) > max(1, _MAX_NAMED_SHARE * len(functions)):
        return []
    scores = _scores(rarity, [one.stems for one in functions])
    best = max(scores)
    staying = _with_called(functions, [*named, *_best(functions, scores)])
    return [
        Passage(one.start, one.end, _VALUE * (1 + score / best))
        for one, score in zip(own, scores[: len(own)], strict=True)
        if one.name not in staying and not one.is_short
    ]


def _scores(rarity: Mapping[str, float], stems: Sequence[frozenset[str]]) -> list[float]:
    return [sum(weight for word, weight in rarity.items() if word in found) for found in stems]


def _best(functions: Sequence[Function], scores: Sequence[float]) -> list[Function]:
    """The functions that score best, or nearly so."""
    least = _NEAR_BEST * max(scores)
    return [one for one, score in zip(functions, scores, strict=True) if score > least]


def _with_called(functions: Sequence[Function], staying: Iterable[Function]) -> set[str]:
    """The names of the functions, and of those that they call."""
    names = {one.name for one in functions}
    called = {name for one in staying for name in _CALLED.findall(one.text) if name in names}
    return called | {one.name for one in staying}


def _rarity(functions: Sequence[Function], asked: Iterable[str]) -> Mapping[str, float]:
    """What each of the asked words tells that some functions have, and not most."""
    counts = {word: sum(word in one.stems for one in functions) for word in asked}
    return {
        word: math.log(len(functions) / count)
        for word, count in counts.items()
        if 0 < count <= len(functions) / 2
    }


def _functions(text: str, markers: tuple[Marker, ...]) -> Iterator[Function]:
    """The functions side by side, and the methods of classes."""
    lines = line_passages(text, None, markers)
    if any(one.end != other.start for one, other in pairwise(lines)):
        return
    written = [without_number(text, line.start, line.end) for line in lines]
    at = 0
    for number, name in definitions(written):
        if number < at or _HOLDS_OTHERS.match(written[number]):
            continue
        at = end = definition_end(written, number)
        start, stop = lines[number].end, lines[end - 1].end
        whole = text[lines[number].start : stop]
        is_short = end - number <= _MIN_BODY_LINES
        yield Function(name, start, stop, whole, frozenset(_stems(name)), frozenset(_stems(whole)), is_short)


def _stems(text: str) -> list[str]:
    return stems_of(_HUMPS.sub(" ", text))
