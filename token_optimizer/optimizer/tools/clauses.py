"""Takes the sentences of a description apart where a part of one can go and what is left reads on.

Before: "The town of the hall, in the format 'Town, State', such as 'Berkeley, CA', which helps."
After:  "The town of the hall", "in the format 'Town, State'", "such as 'Berkeley, CA'", "which helps"
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from token_optimizer.optimizer.tools.rule_words import has_verb, states_rule

# What opens a specification, which is understood without what stands before it.
_SPECIFIES = r"""
    such\ as\b|for\ (?:example|instance)\b|e\.\ ?g\.|i\.\ ?e\.
    |in\ (?:an?\ |the\ )?(?:[\w-]+\ ){0,4}?(?:format|form|notation)\b
    |(?:formatted|specified|expressed|given|represented|provided|encoded|measured|written)\ (?:in|as)\b
    |in\ (?:US\ )?(?:(?:milli|micro)?seconds|minutes|hours|days|(?:kilo|mega)?bytes|dollars|USD|EUR|euros
      |cents|percent|degrees|(?:kilo|centi|milli)?met(?:er|re)s|miles|pixels|UTC|characters|letters)\b
    |in\ ['"`]|separated\ by\b|(?:comma|space|semicolon)-separated\b
    |(?:ranging\ )?from\ \d|ranging\ from\b|between\ \d
"""
# What adds an explanation, which nothing else depends on.
_EXPLAINS = r"""
    (?:typically|usually|commonly|often|generally|mainly|primarily|particularly|especially)\b
    |used\ (?:for|to|in|by)\b|useful\b|as\ part\ of\b|thereby\b|so\ that\b|in\ order\ to\b
    |(?:allow|enabl|ensur|help|provid|mak|giv|facilitat|offer|improv|reduc|indicat|show|utiliz|leverag)ing\b
    |with\ (?:an?\ )?option(?:s|al)?\b
    |including\b(?!\ (?:those|the\ ability|\w+ing)\b|[^,]*\bthat\b)
    |based\ on\b|which\b|where\b|who\b|if\ (?:any|applicable|available|needed|necessary|desired)\b
"""
# What says how arguments decide, in a sentence that says what a tool does.
_NARROWS = r"""
    (?:using|specifying|providing|based\ on|given|by\ (?:using|specifying|providing|its|their)
      |(?:identified|specified)\ by)\b
"""
# What says that arguments decide: "based on the provided filters", "for a specified project".
_POINTS = r"""
    (?:using|with|by|for|from|in|within|on|at|to|through|via|based\ on|associated\ with|identified\ by)
    \ (?:(?:the|an?|its|their|his|her|one\ or\ more)\ )?
    (?:specified|provided|given|specific|particular|supplied|certain|corresponding)\b
    |(?:using|by|through|via|based\ on|identified\ by)\ (?:the|its|their)\ unique\b
"""
_JOINT = re.compile(
    rf"""[,;]?\ (?P<specifies>{_SPECIFIES})|[,;]\ (?P<explains>{_EXPLAINS})|,?\ (?P<points>{_POINTS})
    |,?\ (?P<narrows>{_NARROWS})|\ (?P<bracket>\()(?=[^()]*\))""",
    re.VERBOSE | re.IGNORECASE,
)
# What needs not be said before a format that shows by its letters or words that it is one: 'YYYY-MM-DD',
# 'Street, City'.
_BEFORE_FORMAT = re.compile(
    r"""\A(?:(?:specified|expressed|given|provided|represented|formatted)\ )?
    (?:in\ (?:the\ |an?\ )?(?:format|form)(?:\ of)?|as)\ (?=(['"`])(?:
    [YyMmDdHhSs]{1,4}(?:[-/.:T ]{1,2}[YyMmDdHhSs]{1,4})+Z?
    |[A-Z][a-z]+(?:\ [A-Z][a-z]+){0,3}(?:(?:,\ |/|\ -\ )[A-Z][a-z]+(?:\ [A-Z][a-z]+){0,3})+)\1)""",
    re.VERBOSE,
)
_UNIT_FOR = re.compile(
    r"""(in\ (?:US\ )?(?:(?:milli|micro)?seconds|minutes|hours|days|(?:kilo|mega)?bytes|dollars|USD|EUR|euros
    |cents|percent|degrees(?:\ [A-Z]\w+)?|(?:kilo|centi|milli)?met(?:er|re)s|miles|pixels|UTC|characters))
    \ (?:for|that|which|within|around|before|after|to|of|during)\ """,
    re.VERBOSE,
)
_CLOSED = re.compile(r"""(?<!\w)(['"`])(?:(?!\1).|(?<=\w)\1(?=\w))*\1|\([^()]*\)|\[[^\[\]]*\]""")
_DANGLES = re.compile(
    r"""(?:\b(?:that|which|who)(?:\ \w+){1,2}|\w(?:ing|able|ible|ly)
      |\b(?:information|details|data|located|found|based|used|up|prior|similar|equal|due|close
    |designed|intended|responsible|is|are|be|an?|the|of|for|from|with|and|or|its|their|each|every))\Z""",
    re.IGNORECASE | re.VERBOSE,
)
# How long a phrase is that says that arguments decide, and each name of a list in it: longer, it does more.
_MAX_PHRASE_WORDS = 8
_MAX_LISTED_WORDS = 4
_MAX_CHARS = 1_000
_DECIDES = ("points", "narrows")
_WITHIN = ("bracket", "goes_on")


class Clause(NamedTuple):
    """A part of a sentence with what joins it to the one before, and what it does.

    The first part `says` something; one that `goes_on` behind a bracket belongs to what stands before that.
    """

    joint: str
    text: str
    role: str


def clauses(sentence: str) -> list[Clause]:
    """The parts of the sentence without its end mark; quotes and brackets are not taken apart, and neither is
    a sentence of such a length that nobody has written it."""
    body = sentence[: -len(end_mark(sentence)) or None]
    if len(body) > _MAX_CHARS:
        return [Clause("", body, "says")]
    found: list[Clause] = []
    start, joint, role = 0, "", "says"
    for match in _joints(body):
        _add(found, Clause(joint, body[start : match.start()], role))
        role = match.lastgroup or ""
        start = match.start(role)
        joint = body[match.start() : start]
    _add(found, Clause(joint, body[start:], role))
    return found


def end_mark(sentence: str) -> str:
    """The full stop of the sentence, if it has one."""
    return sentence[len(sentence.rstrip(".!?")) :]


def dangles(text: str) -> bool:
    """Whether the text cannot end here: "items that fall", "suitable", "up"."""
    return _DANGLES.search(text) is not None


def readable(parts: Sequence[Clause], wanted: Sequence[bool | None]) -> list[Clause]:
    """The wanted parts of a sentence, and those that they cannot be read without; None is for a part that
    stays with the one that it belongs to."""
    owners = _owners(parts)
    kept = list(map(bool, wanted))
    for at in range(len(parts) - 1, 0, -1):
        if kept[at] and (parts[at].role == "goes_on" or owners[at]):
            kept[owners[at]] = True
    first = next((at for at, is_kept in enumerate(kept) if is_kept), 0)
    # Two brackets are about two things.
    brackets = sum(part.role == "bracket" and not owner for part, owner in zip(parts, owners, strict=True))
    if brackets > 1 or not _stands_alone(parts[first]) or has_verb(_head(parts, owners)):
        kept[0] = True
    for at, part in enumerate(parts):
        goes_with_owner = part.role == "goes_on" or wanted[at] is None
        kept[at] = kept[at] or (goes_with_owner and kept[owners[at]])
    return [part for part, is_kept in zip(parts, kept, strict=True) if is_kept]


def specification(clause: Clause) -> Clause:
    """The clause that stands first, without what it needs no more: the words before a format whose letters
    say that it is one, and what follows a unit."""
    text = _BEFORE_FORMAT.sub("", clause.text)
    unit = _UNIT_FOR.match(text)
    return clause._replace(text=unit[1] if unit and not states_rule(text[unit.end(1) :]) else text)


def joined(kept: Sequence[Clause], mark: str) -> str:
    """The sentence of these parts."""
    first, *others = kept
    return first.text + "".join(clause.joint + clause.text for clause in others) + mark


def _owners(parts: Sequence[Clause]) -> list[int]:
    """For each part the place of the one that it belongs to: the last before it that is not within one."""
    owners, owner = [0], 0
    for at, part in enumerate(parts[1:], 1):
        owners.append(owner)
        owner = owner if part.role in _WITHIN else at
    return owners


def _stands_alone(clause: Clause) -> bool:
    return clause.role in ("specifies", "bracket") and not has_verb(clause.text)


def _head(parts: Sequence[Clause], owners: Sequence[int]) -> str:
    """The first part with all that goes on in it."""
    more = (part for part, owner in zip(parts, owners, strict=True) if not owner and part.role in _WITHIN)
    return " ".join([parts[0].text, *(part.text for part in more)])


def _add(found: list[Clause], clause: Clause) -> None:
    """Add the clause: apart what follows a bracket, and to the one before what that cannot do without."""
    if clause.role == "bracket":
        end = clause.text.index(")") + 1
        found.append(clause._replace(text=clause.text[:end]))
        clause = Clause("", clause.text[end:], "goes_on")
    elif clause.role in _DECIDES and not _may_be_missed(found[-1].text, clause.text):
        before = found.pop()
        clause = Clause(before.joint, before.text + clause.joint + clause.text, before.role)
    if clause.text:
        found.append(clause)


def _may_be_missed(before: str, text: str) -> bool:
    first, *listed = (len(part.split()) for part in text.split(","))
    is_short = first <= _MAX_PHRASE_WORDS and all(count <= _MAX_LISTED_WORDS for count in listed)
    return is_short and not has_verb(text) and not dangles(before)


def _joints(body: str) -> Iterator[re.Match[str]]:
    """Where parts begin, outside quotes and brackets."""
    spans = [match.span() for match in _CLOSED.finditer(body)]
    starts = [start for start, _ in spans]
    for match in _JOINT.finditer(body):
        at = match.start(match.lastgroup or "")
        number = bisect_left(starts, at) - 1
        if number < 0 or at >= spans[number][1]:
            yield match
