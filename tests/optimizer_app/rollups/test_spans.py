"""Windows put together from spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from optimizer_app.rollups.spans import DAY, QUARTER, SIX_HOURS, SPANS, TWO_HOURS, Piece, pieces, span_start

START = datetime(2026, 11, 1, 7, 3, 20, tzinfo=UTC)
LATER = START + timedelta(days=2, hours=12)


def test_span_start() -> None:
    assert span_start(START, QUARTER) == datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
    assert span_start(START, SIX_HOURS) == datetime(2026, 11, 1, 6, 0, tzinfo=UTC)


def test_longest_spans_in_the_middle_and_shorter_ones_towards_the_ends() -> None:
    end = datetime(2026, 11, 3, 9, 50, tzinfo=UTC)
    assert [(piece.start.strftime("%d %H:%M"), piece.span) for piece in pieces(START, end, LATER)] == [
        ("01 07:03", None),
        ("01 07:15", QUARTER),
        ("01 08:00", TWO_HOURS),
        ("01 12:00", SIX_HOURS),
        ("02 00:00", DAY),
        ("03 00:00", SIX_HOURS),
        ("03 06:00", TWO_HOURS),
        ("03 08:00", QUARTER),
        ("03 09:45", None),
    ]


def test_shorter_spans_than_are_kept_come_from_traces() -> None:
    end = datetime(2026, 11, 3, 9, 50, tzinfo=UTC)
    month_later = START + timedelta(days=30)
    from_rollups = [piece for piece in pieces(START, end, month_later) if piece.span]
    assert [(piece.start.strftime("%d %H:%M"), piece.span) for piece in from_rollups] == [
        ("01 12:00", SIX_HOURS),
        ("02 00:00", DAY),
        ("03 00:00", SIX_HOURS),
    ]
    charted = pieces(START, end, datetime(2026, 11, 5, 1, tzinfo=UTC), [QUARTER])
    assert [(piece.start.strftime("%d %H:%M"), piece.span) for piece in charted] == [
        ("01 07:03", None),
        ("01 07:15", None),
        ("02 00:00", QUARTER),
        ("03 09:45", None),
    ]


def test_what_is_not_rolled_up_comes_from_traces() -> None:
    end = START + timedelta(hours=3)
    assert pieces(START, end, START - DAY) == [Piece(START, end, None)]
    until = datetime(2026, 11, 1, 8, 15, tzinfo=UTC)
    assert pieces(START, end, until)[-1] == Piece(until, end, None)


@pytest.mark.parametrize("minutes", [0, 1, 14, 16, 119, 500, 1441, 9000, 40_000])
@pytest.mark.parametrize("rolled_hours", [-1, 0, 3, 100, 1000])
@pytest.mark.parametrize("spans", [SPANS, SPANS[:2], ()])
def test_pieces_cover_the_stretch_once(minutes: int, rolled_hours: int, spans: tuple[timedelta, ...]) -> None:
    end = START + timedelta(minutes=minutes)
    found = pieces(START, end, START + timedelta(hours=rolled_hours), spans)
    assert sum((piece.end - piece.start for piece in found), timedelta()) == end - START
    assert all(before.end == after.start for before, after in pairwise(found))
    for piece in found:
        assert piece.span is None or span_start(piece.start, piece.span) == piece.start
