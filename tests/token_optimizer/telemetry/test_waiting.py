"""EventQueue: its room by number and by size."""

from __future__ import annotations

from token_optimizer.telemetry.waiting import EventQueue


def test_the_oldest_make_room() -> None:
    queue = EventQueue(max_events=3, max_bytes=10)
    assert [queue.append(line) for line in (b"1", b"2", b"3", b"4")] == [0, 0, 0, 1]
    assert queue.append(b"12345678") == 1
    assert queue.take(2) == [b"3", b"4"]
    assert queue.append(b"abc") == 1
    assert list(queue) == [b"abc"]


def test_it_says_how_much_of_its_room_is_taken() -> None:
    queue = EventQueue(max_events=100, max_bytes=10)
    assert not queue.is_filling(0.5)
    queue.append(b"12345")
    assert queue.is_filling(0.5)
    assert queue.take(5) == [b"12345"]
    assert not queue.is_filling(0.5)
