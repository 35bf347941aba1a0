"""Finds quoted mail that stands without its marks in the same text, as in threads where each mail quotes
those before it.

Quoted lines become a reference to where they stand as they were written: nothing is lost but the marks.

Before: "Hi Anna,", "the truck is late.", ..., "On Thu Joe wrote:", "> Hi Anna,", "> the truck is late.", ...
After:  "On Thu Joe wrote:", "[14 lines left out here: they stand above in this message without “>”, ...]"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import lines_copy_marker
from token_optimizer.optimizer.prose.shared_lines import Run, common_runs
from token_optimizer.text.lines import line_starts, lines_of

_MARKS = re.compile(r"[ \t]{0,3}>[> \t]{0,40}")
_MAY_BE_QUOTED = "\n>"
_MIN_RUN_CHARS = 200
_QUOTED_CHARS = 48
_NOT_QUOTED = "\0"


def may_be_quoted(text: str) -> bool:
    """Whether lines of the text may be quoted: most texts are told at once from those."""
    return _MAY_BE_QUOTED in text


def refer_to_quoted(text: MarkedText, block_id: str) -> MarkedText:
    """The text with references in the place of quoted lines that it has without marks; the very same text
    where there are none. `block_id` is that of the block which has the text."""
    if text.markers or not may_be_quoted(text.text):
        return text
    whole = lines_of(text.text)
    quoted = [_bare(line) for line in whole]
    plain_at = [number for number, line in enumerate(quoted) if line == _NOT_QUOTED]
    plain = [whole[number].rstrip() for number in plain_at]
    starts = line_starts(whole)
    parts: list[MarkedText | str] = []
    done = 0
    for run in common_runs(quoted, [(0, plain)]):
        if run.chars < _MIN_RUN_CHARS or not _is_only_one(run, plain):
            continue
        place = "above" if plain_at[run.there] < run.start else "further below"
        first, last = (quoted[number].strip()[:_QUOTED_CHARS] for number in (run.start, run.end - 1))
        gone = [line.rstrip("\n") for line in whole[run.start : run.end]]
        parts += [
            text.part(done, starts[run.start]),
            lines_copy_marker(gone, f"{place} in this message without “>”", first, last, block_id),
            "\n",
        ]
        done = starts[run.end]
    return joined([*parts, text.part(done, len(text.text))]) if parts else text


def _bare(line: str) -> str:
    """A quoted line without its marks."""
    marks = _MARKS.match(line)
    return line[marks.end() :].rstrip() if marks else _NOT_QUOTED


def _is_only_one(run: Run, plain: Sequence[str]) -> bool:
    """Whether no other lines that are as many begin and end like those."""
    size = run.end - run.start
    first, last = plain[run.there], plain[run.there + size - 1]
    return sum(1 for _ in _alike(plain, first[:_QUOTED_CHARS], last[:_QUOTED_CHARS], size)) == 1


def _alike(plain: Sequence[str], first: str, last: str, size: int) -> Iterator[int]:
    for number in range(len(plain) - size + 1):
        if plain[number].startswith(first) and plain[number + size - 1].startswith(last):
            yield number
