"""Who speaks in a transcript, as meetings, chats and subtitles are written down.

A head names the speaker: "Ana: Good morning.", "[10:04] Ana Reyes: ...", "**Ana:** ...",
"11.02.26, 10:04 - Ana: ...", "<v Ana>...", "[10:04] <ana> ...", or alone on its line with a
time: "Ana Reyes   0:04". A cue tells when something is said: "00:04.000 --> 00:06.000", and the number
above it.
"""

from __future__ import annotations

import re

_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,3})?)?(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?"
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
_NAME = r"[^\W\d_a-z][\w.'’-]{0,40}(?:\ [\w.'’()-]{1,40}){0,4}"
# What stands up to the mark behind a name: of most lines it tells at once that nobody is named there.
_NAMED = r"[\w.'’()\ *-]{1,240}+(?:[:：\t\[]|$)"
# No head is without one of the marks that are looked for first, and none has its first mark later.
HEAD = re.compile(
    rf"""^[ \t]*+(?=[^\n:：\[(<]{{0,300}}+[:：\[(<])(?:[-*>•][ \t])?(?:\*\*|__)?
    (?:(?P<stamp>[\[(][^\])\n]{{1,30}}[\])]|(?:{_DATE},?[ \t])?{_TIME}(?=[ \t]))[ \t]*+(?:[-–—][ \t])?)?
    (?:\*\*|__)?
    (?: <v(?:\.\w{{1,20}})?\ (?P<tagged>[^>\n]{{1,60}})>
      | (?(stamp)<(?P<nick>[^\n<>/]{{1,40}})>(?=[ \t])|(?!))
      | (?={_NAMED})(?P<name>{_NAME})(?:
          (?:\*\*|__)?\ ?[:：](?:\*\*|__)?(?:[ \t]|$|(?<=：))
        | (?P<alone>(?:\*\*|__)?[ \t]{{1,12}}[\[(]?{_TIME}[\])]?(?:\*\*|__)?:?[ \t]*+$)
        | (?(stamp)(?P<below>(?:\*\*|__)?[ \t]*+$)|(?!)))
    )""",
    re.MULTILINE | re.VERBOSE,
)
# What a line with a head may begin with, behind its line feed.
MAY_OPEN_HEAD = re.compile(r"\n[ \t]*+[^a-z\s]")
CUE = re.compile(
    r"[ \t]*+(?:\d{1,5}|WEBVTT[^\n]{0,100}|[\d:.,]{5,12} --> [\d:.,]{5,12}[^\n]{0,100})[ \t\r]*$"
)
TIMES = " --> "


def speaker_of(head: re.Match[str]) -> str:
    """The name in a head."""
    return head["tagged"] or head["name"] or head["nick"]


def stands_alone(head: re.Match[str]) -> bool:
    """Whether what is said stands below the head, and not behind it."""
    return head["alone"] is not None or head["below"] is not None


def is_cue(line: str) -> bool:
    """Whether the line only tells when something is said, or counts what is."""
    return CUE.match(line) is not None


def is_time_cue(line: str) -> bool:
    """Whether the line tells from when to when something is said."""
    return TIMES in line and is_cue(line)
