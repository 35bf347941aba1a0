"""Joins the parts of one log that a stack trace, or what a test run prints, stands between or behind.

Before: a log, "panic: {...}\\n\\ngoroutine 7 [running]: {...}", the rest of the log
After:  one log
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.lines import may_be_said
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.embedded.question.asking import asks
from token_optimizer.optimizer.logs.lines import is_frame, is_verdict
from token_optimizer.optimizer.relevance.trouble import is_error_line

# More stands in no trace, and hardly in what a run prints between two of its parts.
_MAX_GAP_CHARS = 20_000
_MAX_HEADING_CHARS = 200
_MIN_FRAMES, _FRAMES_SHARE = 2, 0.25
_MAX_SAID_SHARE = 0.4


def with_gaps_joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces of a text in order; logs with nothing but a trace or the like between them are one."""
    told = list(pieces)
    logs = [at for at, piece in enumerate(told) if piece.kind is Kind.LOG]
    end = 0
    for first, last in _runs(told, logs):
        yield from told[end:first]
        yield Piece(Kind.LOG, "".join(piece.raw for piece in told[first : last + 1]))
        end = last + 1
    yield from told[end:]


def _runs(told: Sequence[Piece], logs: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last piece of each log."""
    if not logs:
        return
    first = logs[0]
    for log, following in pairwise(logs):
        if not _belongs("".join(piece.raw for piece in told[log + 1 : following])):
            yield first, log
            first = following
    yield first, _end_of_report(told, logs[-1])


def _belongs(gap: str) -> bool:
    """Whether what stands between two logs belongs to them."""
    lines = [line for line in gap.splitlines() if line.strip()]
    if len(gap) > _MAX_GAP_CHARS:
        return False
    if len(gap) <= _MAX_HEADING_CHARS and not any(map(may_be_said, lines)):
        return True
    return _is_trace(lines) or _is_printed(gap, lines)


def _is_trace(lines: Sequence[str]) -> bool:
    return sum(map(is_frame, lines)) >= max(_MIN_FRAMES, _FRAMES_SHARE * len(lines))


def _is_printed(text: str, lines: Sequence[str]) -> bool:
    """Whether a run printed the lines: one of them tells of an error or a verdict, and few could be said."""
    told = any(is_error_line(line) or is_verdict(line) or is_frame(line) for line in lines)
    return told and not asks(text) and sum(map(may_be_said, lines)) <= _MAX_SAID_SHARE * len(lines)


def _end_of_report(told: Sequence[Piece], log: int) -> int:
    """The last piece behind a log that its run printed."""
    last = log
    for at in range(log + 1, len(told)):
        lines = [line for line in told[at].raw.splitlines() if line.strip()]
        if lines and (_is_trace(lines) or _is_printed(told[at].raw, lines)):
            last = at
    return last if last == log or _all_printed(told[log + 1 : last + 1]) else log


def _all_printed(pieces: Sequence[Piece]) -> bool:
    """Whether hardly a line of what stands between could be said, and nothing of it asks."""
    lines = [line for piece in pieces for line in piece.raw.splitlines() if line.strip()]
    said = sum(map(may_be_said, lines))
    return said <= _MAX_SAID_SHARE * len(lines) and not any(asks(piece.raw) for piece in pieces)
