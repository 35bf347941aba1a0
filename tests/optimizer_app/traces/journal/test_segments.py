"""The journal's segments: written, drained, left behind and adopted."""

import os
import resource

import pytest

from optimizer_app.traces.journal.segments import Segment, SegmentJournal, hold
from tests.optimizer_app.traces.records import segments


@pytest.fixture
def journal(journal_dir):
    return SegmentJournal(journal_dir)


def lines_of(journal):
    return [line for segment in journal.pending() for line in segment.lines()]


def test_it_works(journal, journal_dir):
    journal.append(b"one\n")
    journal.append(b"two\n")

    [segment] = journal.pending()
    assert segment.lines() == [b"one", b"two"]

    journal.drained(segment)
    assert journal.empty
    assert segments(journal_dir) == []


def test_nothing_is_written_before_there_is_something(journal, journal_dir):
    assert journal.empty
    assert journal.pending() == []
    assert not journal_dir.exists()


def test_what_comes_while_a_segment_is_drained_is_in_the_next(journal):
    journal.append(b"one\n")
    [first] = journal.pending()
    journal.append(b"two\n")

    assert first.lines() == [b"one"]
    journal.drained(first)
    assert lines_of(journal) == [b"two"]


def test_while_nothing_is_drained_segments_become_few_and_large(journal_dir):
    journal = SegmentJournal(journal_dir, segment_bytes=12)
    for _ in range(5):
        journal.append(b"line\n")
        journal.pending()

    assert [segment.size for segment in journal.pending()] == [5, 15]
    assert not journal.empty


def test_a_living_process_keeps_its_segments(journal, journal_dir):
    journal.append(b"one\n")
    journal.pending()
    journal.append(b"two\n")

    assert SegmentJournal(journal_dir).adopt_leftovers() == 0


def test_a_leftover_is_adopted_by_one_alone(journal, journal_dir):
    journal_dir.mkdir()
    (journal_dir / "1-dead.jsonl").write_bytes(b"one\n")

    assert journal.adopt_leftovers() == 1
    assert SegmentJournal(journal_dir).adopt_leftovers() == 0
    assert lines_of(journal) == [b"one"]


def test_leftovers_come_in_the_order_they_were_written(journal, journal_dir):
    journal_dir.mkdir()
    for name in ("9-first", "1-second"):
        (journal_dir / f"{name}.jsonl").write_bytes(name.encode() + b"\n")

    journal.adopt_leftovers()

    assert lines_of(journal) == [b"9-first", b"1-second"]


def test_a_segment_that_another_process_drained_meanwhile_is_not_adopted(journal_dir):
    journal_dir.mkdir()
    path = journal_dir / "1-dead.jsonl"
    path.write_bytes(b"one\n")
    found = os.open(path, os.O_RDWR)
    Segment.adopt(path).remove()

    assert Segment.adopt(path) is None
    assert not hold(found)


def test_a_torn_line_is_left_out_and_not_quoted(journal, journal_dir, caplog):
    journal_dir.mkdir()
    (journal_dir / "1-dead.jsonl").write_bytes(b"one\nsecr")

    journal.adopt_leftovers()

    assert lines_of(journal) == [b"one"]
    assert "journal_line_torn" in caplog.text
    assert "secr" not in caplog.text


def test_a_line_that_the_disk_takes_in_part_leaves_nothing(journal):
    journal.append(b"one\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6, before[1]))
    try:
        with pytest.raises(OSError, match="No space left"):
            journal.append(b"a longer one\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.append(b"two\n")

    assert lines_of(journal) == [b"one", b"two"]


def test_what_is_handed_over_is_adopted_by_another(journal, journal_dir):
    journal.append(b"one\n")

    journal.hand_over(all_at_once=False)

    assert journal.empty
    assert journal.waits_for_another
    other = SegmentJournal(journal_dir)
    assert other.adopt_leftovers() == 1
    for segment in other.pending():
        other.drained(segment)
    assert not journal.waits_for_another
    assert journal.size == 0


def test_while_the_other_drains_nothing_segments_become_few(journal, journal_dir):
    for _ in range(5):
        journal.append(b"line\n")
        journal.hand_over(all_at_once=False)

    assert [path.stat().st_size for path in segments(journal_dir)] in ([5, 20], [20, 5])
    assert journal.size == 25

    journal.hand_over(all_at_once=True)
    assert SegmentJournal(journal_dir).adopt_leftovers() == 2
