"""The parts of what lists changes or declarations: the files and hunks of a diff, the resources of Terraform
plans and sources, the files of a repository's map, the cells of a notebook. Each is understood without the
others, which a part of a program is not.

Before: a diff of fourteen files, or a plan of forty resources
After:  where the part of each file, or resource, begins and ends
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from token_optimizer.text.cache import remembered

Span = tuple[int, int]

_MIN_PARTS = 5
_MIN_COVERED = 0.7
_GIT_FILE = re.compile(r"^diff --git ", re.MULTILINE)
_FILE = re.compile(r"^--- [^\n]*\n(?=\+\+\+ [^\n]*\n@@ )", re.MULTILINE)
_HUNK = re.compile(r"^@@ -\d[^\n]*@@", re.MULTILINE)
# A longer part of a file is one for each hunk, and its head stays.
_MAX_FILE_CHARS = 3_000
_PLANNED = re.compile(
    r"^[ \t]*# \S[^\n]{0,300} (?:will|must) be [^\n]{1,80}\n"
    r"(?:[ \t]*# [^\n]*\n){0,3}[ \t]*(?:[-+~<=/]{1,3}[ \t]+)?(?:resource|data) \"",
    re.MULTILINE,
)
_END_OF_PLANNED = re.compile(r"^ {4}\}[ \t]*\n?", re.MULTILINE)
_DECLARED = re.compile(
    r"^(?:(?:#|//)[^\n]*\n){0,5}+(?:resource|data|module|variable|output|provider|locals|moved|import|check)"
    r"(?: \"[^\"\n]{1,200}\"){0,2} \{",
    re.MULTILINE,
)
# A map of a repository has the path of each file above what the file defines.
_MAPPED = re.compile(r"^(?=[\w@+.-]{1,60}(?:/[\w@+.-]{1,60}){0,12}\.\w{1,6}:\n\W)", re.MULTILINE)
# A cell of a notebook, with what it printed.
_CELL = re.compile(r"^In \[[\d* ]{1,5}\]:", re.MULTILINE)
_END_OF_MAPPED = re.compile(r"\Z")
_END_OF_DECLARED = re.compile(r"^\}[ \t]*\n?|^[^\n]*\{[^{}\n]*\}[ \t]*\n?", re.MULTILINE)

# What each reading needs, what opens a part, and what ends the last one.
_READINGS = (
    (' "', _PLANNED, _END_OF_PLANNED),
    (" {", _DECLARED, _END_OF_DECLARED),
    (":\n", _MAPPED, _END_OF_MAPPED),
    ("]:", _CELL, _END_OF_MAPPED),
)


def change_spans(text: str) -> Sequence[Span]:
    """The parts of a diff, of a plan or source of declarations, or of a notebook, each up to the next one; of
    all else none."""
    # Parts begin with lines: what is said on one line need not be remembered.
    return _change_spans(text) if "\n" in text else []


@remembered(2_000)
def _change_spans(text: str) -> Sequence[Span]:
    readings = (reading for hint, *reading in _READINGS if hint in text)
    found = chain([_diffed(text)], (_opened(text, *reading) for reading in readings))
    return next((spans for spans in found if _are_parts(text, spans)), [])


def _are_parts(text: str, spans: Sequence[Span]) -> bool:
    covered = spans[-1][1] - spans[0][0] if spans else 0
    return len(spans) >= _MIN_PARTS and covered >= _MIN_COVERED * len(text)


def _diffed(text: str) -> list[Span]:
    """The files of a diff; of a long one the hunks, without its head."""
    if "@@ " not in text:
        return []
    head = _GIT_FILE if _GIT_FILE.search(text) else _FILE
    starts = [match.start() for match in head.finditer(text)]
    files = pairwise([*starts, len(text)])
    return [span for start, end in files for span in _of_file(text, start, end)]


def _of_file(text: str, start: int, end: int) -> Iterator[Span]:
    hunks = [match.start() for match in _HUNK.finditer(text, start, end)]
    if end - start > _MAX_FILE_CHARS and len(hunks) > 1:
        yield from pairwise([*hunks, end])
    else:
        yield start, end


def _opened(text: str, opening: re.Pattern[str], end: re.Pattern[str]) -> list[Span]:
    """What each of the openings begins, up to the next one; the last one ends where it is closed."""
    starts = [match.start() for match in opening.finditer(text)]
    if len(starts) < _MIN_PARTS:
        return []
    closing = end.search(text, starts[-1])
    return list(pairwise([*starts, closing.end() if closing else len(text)]))
