"""Who speaks in a transcript, as meetings, chats and subtitles are written down.

A head names the speaker: "Ana: Good morning.", "[10:04] Ana Reyes: ...", "**Ana:** ...",
"11.02.26, 10:04 - Ana: ...", "**Ana** (10:04): ...", "<v Ana>...", "[10:04] <ana> ...", or alone on its
line with a time: "Ana Reyes   0:04", "[Ana Reyes] 10:04", "Ana Reyes, [11.02.26 10:04]", "0:04 | Ana Reyes".
So do a column, a number, a tag and a heading: "10:04\tAna\t...", "17 Ana: ...", "<turn speaker="Ana">",
"<user>", "### User".
A cue tells when something is said: "00:04.000 --> 00:06.000", and the number above it; "0:04" or
"1 minute 9 seconds" alone on its line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from token_optimizer.text.lines import matches_at_lines

_TIME = r"\d{1,2}:(?:\d{2}(?::\d{2}(?:[.,]\d{1,3})?)?|\d:\d{2})(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?"
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})?"
_WHEN = rf"(?:(?:{_DATE},?|Today|Yesterday)[ \t](?:at[ \t])?)?{_TIME}"
_NAME = r"[^\W\d_a-z][\w.'’-]{0,40}(?:\ [\w.'’()-]{1,40}){0,4}"
# Who speaks where it is not a person.
_PART = r"(?i:user|human|assistant|ai|bot|model|agent|customer|client|system)"
_IS_PART = re.compile(_PART)
_MAX_TOLD_TURNS = 20
_SAYS = r"(?:speaker|role|author|name|user|sender|from|who|by)"
# What stands up to the mark behind a name: of most lines it tells at once that nobody is named there.
_NAMED = r"[\w.'’()\ *-]{1,240}+(?:[:：\t\[,—–|]|$)"
# No head but a heading is without one of the marks that are looked for first, and none has its first mark
# later.
HEAD = re.compile(
    rf"""^[ \t]*+(?=\#|[^\n:：\[(<]{{0,300}}+[:：\[(<])(?:[-*>•][ \t]|\d{{1,5}}[ \t])?(?:\*\*|__)?
    (?:(?P<stamp>[\[(][^\])\n]{{1,30}}[\])]|(?:{_DATE}(?:,?[ \t]|T))?{_TIME}{_ZONE}(?=[ \t]))
      [ \t]*+(?:[-–—|][ \t])?)?
    (?:\*\*|__)?
    (?: <v(?:\.\w{{1,20}})?\ (?P<tagged>[^>\n]{{1,60}})>
      | <(?:(?P<part>{_PART})
          |[a-z][\w-]{{0,20}}(?:\s[^<>\n]{{0,200}})?\s{_SAYS}="(?P<attributed>[^"\n]{{1,60}})"[^<>\n]{{0,200}}
        )>
      | \#{{1,6}}\ (?P<titled>{_PART}):?[ \t]*+$
      | (?(stamp)(?<=[\dMm][\])]\ )(?P<handle>[a-z][\w.-]{{1,32}})[ \t]*+$|(?!))
      | (?(stamp)<(?P<nick>[^\n<>/]{{1,40}})>(?=[ \t])|(?!))
      | \[(?P<boxed>{_NAME})\][ \t]{{1,12}}{_TIME}[ \t]*+$
      | (?={_NAMED})(?P<name>{_NAME})(?:
          (?P<alone>(?:\*\*|__)?,?[ \t]{{1,12}}(?:[–—|][ \t])?[\[(]?{_WHEN}[\])]?(?:\*\*|__)?:?[ \t]*+$)
        | (?:\*\*|__)?(?:\ [\[(]{_TIME}[\])])?(?:\*\*|__)?\ ?[:：](?:\*\*|__)?(?:[ \t]|$|(?<=：))
        | (?(stamp)(?P<column>[ \t]*(?:\t|[ ]\|[ ]))|(?!))
        | (?(stamp)(?P<below>(?:\*\*|__)?[ \t]*+$)|(?!)))
    )""",
    re.MULTILINE | re.VERBOSE,
)
_NAMES = ("name", "tagged", "boxed", "nick", "part", "attributed", "titled", "handle")
_ALONE = ("alone", "below", "boxed", "part", "attributed", "titled", "handle")
# What a line with a head may begin with, behind its line feed.
MAY_OPEN_HEAD = re.compile(r"\n[ \t]*+[^a-z\s]")
_SPELLED = r"\d{1,3} (?:hour|minute|second)s?(?:,? \d{1,2} (?:minute|second)s?){0,2}"
_TIME_CUE = re.compile(
    rf"[ \t]*+(?:[\d:.,]{{5,12}} --> [\d:.,]{{5,12}}[^\n]{{0,100}}|{_TIME}|{_SPELLED})[ \t\r]*+$",
    re.MULTILINE,
)
_ABOVE = re.compile(r"[ \t]*+[^\W\d_][^\n:]{0,60}$")
_MAY_OPEN_CUE = re.compile(r"\n[ \t]*+\d")
_COUNT = re.compile(r"[ \t]*+(?:\d{1,5}(?: \"[^\"\n]{1,60}\" \(\d{1,20}\))?|WEBVTT[^\n]{0,100})[ \t\r]*+$")


def speaker_of(head: re.Match[str]) -> str:
    """The name in a head."""
    return next(name for part in _NAMES if (name := head[part]))


def is_with_assistant(turns: Sequence[str]) -> bool:
    """Whether a user and an assistant speak in turn, as the first of the turns show."""
    heads = [head for turn in turns[:_MAX_TOLD_TURNS] if (head := HEAD.match(turn))]
    parts = sum(_IS_PART.fullmatch(speaker_of(head)) is not None for head in heads)
    return len(heads) > 1 and parts == len(heads)


def stands_alone(head: re.Match[str]) -> bool:
    """Whether what is said stands below the head or within its tag, and not behind it to the line's end."""
    return any(head[part] is not None for part in _ALONE)


def time_cues(text: str) -> list[int]:
    """Where the lines start that only tell when something is said."""
    return [cue.start() for cue in matches_at_lines(_TIME_CUE, _MAY_OPEN_CUE, text)]


def is_cue(line: str) -> bool:
    """Whether the line only tells when something is said, or counts what is."""
    return _COUNT.match(line) is not None or is_time_cue(line)


def is_time_cue(line: str) -> bool:
    """Whether the line only tells when something is said."""
    return _TIME_CUE.match(line) is not None


def names_above_cues(lines: Sequence[str]) -> frozenset[str]:
    """Who speaks, where the name stands alone above the time, again and again."""
    above = Counter(
        name.strip() for name, line in pairwise(lines) if _ABOVE.match(name) and is_time_cue(line)
    )
    return frozenset(name for name, count in above.items() if count > 1)
