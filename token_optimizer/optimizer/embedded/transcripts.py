"""Finds the transcript in a text: what several people said, or what is said at which time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise

from token_optimizer.optimizer.embedded.question.asking import (
    MAX_ASKING_CHARS,
    Role,
    addresses,
    announces_what_follows,
    asks,
    asks_question,
    role_of_name,
)
from token_optimizer.text.lines import lines_of, matches_at_lines
from token_optimizer.text.speech import (
    HEAD,
    MAY_OPEN_HEAD,
    is_cue,
    names_above_cues,
    speaker_of,
    stands_alone,
    time_cues,
)

Line = tuple[int, int]

_MIN_SPOKEN = 6
_SPOKEN_SHARE = 0.6
# Of heads that stand alone on their lines, and of cues, as much is said in other lines.
_ALONE_SHARE = 0.25
_TRANSCRIPT_SHARE = 0.8
# Nothing is said in an element without anything in it.
_CLOSES_ITSELF = "/>"
_MIN_FIELDS, _FIELDS_SHARE = 5, 0.9
_SAMPLE_CHARS, _ADDRESSED_SHARE = 20_000, 0.2
_FIELDS = frozenset((
    "url", "title", "link", "date", "time", "author", "name", "path", "file", "filename", "score", "id",
    "from", "to", "von", "an",
))  # fmt: skip


def is_field(name: str) -> bool:
    """Whether the label is one of a document's fields, and none of a speaker or an example."""
    return role_of_name(name) is Role.MATERIAL or name.lower() in _FIELDS


def is_transcript(text: str) -> bool:
    """Whether most of the text is what several people said, each with its speaker, or subtitles."""
    span = transcript_span(text, asked=True)
    return span is not None and span[1] - span[0] >= _TRANSCRIPT_SHARE * len(text)


def is_subtitles(text: str) -> bool:
    """Whether the text is a transcript in which the times stand on lines of their own, as in SRT and VTT."""
    return len(time_cues(text)) >= _MIN_SPOKEN and is_transcript(text)


def is_talk(text: str) -> bool:
    """Whether people speak in the lines, to each other or of themselves: programs do not."""
    lines = [line for line in text[:_SAMPLE_CHARS].split("\n") if line.strip()]
    return sum(map(addresses, lines)) >= _ADDRESSED_SHARE * len(lines)


def transcript_span(text: str, *, asked: bool = False) -> Line | None:
    """From the first to the last line that a speaker opens, where at least two speak more than once; or from
    the first cue to the last.

    Where nothing follows, the last that was said is what is asked, unless something was asked before.
    """
    heads = {
        head.start(): head
        for head in matches_at_lines(HEAD, MAY_OPEN_HEAD, text)
        if not head.group().endswith(_CLOSES_ITSELF)
    }
    cues = frozenset(time_cues(text))
    if len(heads) < _MIN_SPOKEN and len(cues) < _MIN_SPOKEN:
        return None
    names = list(map(speaker_of, heads.values()))
    if _are_fields(names):
        return None
    lines = list(_lines(text))
    counts = Counter(names)
    # A label of material speaks as little as a title does.
    again = {name for name, count in counts.items() if count > 1 and not is_field(name)}
    spoken = [
        at for at, (start, _) in enumerate(lines) if start in heads and speaker_of(heads[start]) in again
    ]
    timed = [at for at, (start, _) in enumerate(lines) if start in cues]
    if len(timed) >= _MIN_SPOKEN:
        marked, alone = sorted({*spoken, *timed}), True
    elif len(spoken) >= _MIN_SPOKEN and len(again) > 1:
        alone = sum(stands_alone(heads[lines[at][0]]) for at in spoken) > len(spoken) / 2
        # With a time beside it on a line of their own, a name needs not come again.
        timed = [at for at, (start, _) in enumerate(lines) if start in heads and stands_alone(heads[start])]
        marked = sorted({*spoken, *timed}) if alone else spoken
    else:
        return None
    if not alone and not text[lines[marked[-1]][1] :].strip():
        asked = asked or _is_asked_before(text[: lines[marked[0]][0]])
        marked = marked if asked else marked[:-2]
    return _span(text, lines, marked, alone=alone)


def _are_fields(names: Sequence[str]) -> bool:
    """Whether the same several labels come in the same order again and again: fields of records. People do
    not speak like that."""
    order = list(dict.fromkeys(names))
    if not _MIN_FIELDS <= len(order) <= len(names) / 2:
        return False
    in_order = sum(name == order[at % len(order)] for at, name in enumerate(names))
    return in_order >= _FIELDS_SHARE * len(names)


def _is_asked_before(text: str) -> bool:
    before = text.rstrip()
    said = before[-MAX_ASKING_CHARS:]
    return asks(said) or before.endswith((":", "：")) or announces_what_follows(said)


def _span(text: str, lines: Sequence[Line], marked: Sequence[int], *, alone: bool) -> Line | None:
    """The lines from the first marked one to the last, where enough of them are; with what is said below."""
    first, last = marked[0], marked[-1]
    if alone:
        told = [text[start:end] for start, end in lines]
        names = names_above_cues(told)
        # The number of a cue, the head of a file and who speaks stand above it.
        while first and (is_cue(told[first - 1]) or told[first - 1].strip() in names):
            first -= 1
        last = _end_of_said(told, marked, names)
    spoken = [text[start:end] for start, end in lines[first : last + 1]]
    filled = sum(bool(line.strip()) and not is_cue(line) for line in spoken)
    share = _ALONE_SHARE if alone else _SPOKEN_SHARE
    if len(marked) < max(_MIN_SPOKEN, share * filled):
        return None
    return lines[first][0], lines[last][1]


def _end_of_said(told: Sequence[str], marked: Sequence[int], names: Set[str]) -> int:
    """The last line of what is said below the last mark. A question in one line more than is said below any
    other mark, at the end of the text, is no part of it."""
    last = marked[-1]
    while last + 1 < len(told) and told[last + 1].strip():
        last += 1
    is_question = asks_question(told[last]) and len(told[last]) <= MAX_ASKING_CHARS
    if not is_question or any(line.strip() for line in told[last + 1 :]):
        return last
    said = [bool(line.strip()) and line.strip() not in names and not is_cue(line) for line in told]
    most = max(sum(said[start + 1 : end]) for start, end in pairwise(marked))
    return last - 1 if sum(said[marked[-1] + 1 : last + 1]) > most else last


def _lines(text: str) -> Iterator[Line]:
    start = 0
    for line in lines_of(text):
        yield start, start + len(line)
        start += len(line)
