"""SpillFile: order, room, and what processes that ended left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from token_optimizer.telemetry.spill import SpillFile


def lines_of(spill: SpillFile) -> list[bytes]:
    return spill.first(1000)


def test_lines_come_in_order_and_stay_until_taken_off(tmp_path: Path) -> None:
    spill = SpillFile(tmp_path, "endpoint")
    assert spill.append([b"1", b"2"]) == 2
    assert spill.append([b"3"]) == 1
    assert spill.first(2) == spill.first(2) == [b"1", b"2"]
    spill.take_off(2)
    assert lines_of(spill) == [b"3"]
    spill.append([b"4"])
    assert lines_of(spill) == [b"3", b"4"]
    assert len(spill) == 2


def test_the_file_is_no_longer_than_what_waits_once_all_has_gone(tmp_path: Path) -> None:
    spill = SpillFile(tmp_path, "endpoint", max_bytes=20)
    for _ in range(10):
        assert spill.append([b"123456789"]) == 1
        spill.take_off(1)
    assert len(spill) == 0


def test_lines_beyond_the_bound_find_no_room(tmp_path: Path) -> None:
    spill = SpillFile(tmp_path, "endpoint", max_bytes=10)
    assert spill.append([b"1234", b"5678", b"9"]) == 2
    assert lines_of(spill) == [b"1234", b"5678"]


def test_no_folder_keeps_nothing() -> None:
    spill = SpillFile(None, "endpoint")
    spill.take_over()
    assert spill.append([b"1"]) == 0
    assert lines_of(spill) == []


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert SpillFile(tmp_path / "file" / "below", "endpoint").append([b"1"]) == 0


def test_what_an_ended_one_left_comes_first(tmp_path: Path) -> None:
    ended = SpillFile(tmp_path, "endpoint")
    ended.append([b"1", b"2"])
    ended.close()
    spill = SpillFile(tmp_path, "endpoint")
    spill.take_over()
    spill.append([b"3"])
    assert lines_of(spill) == [b"1", b"2", b"3"]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["endpoint", "other"])
def test_one_that_lives_or_has_another_endpoint_keeps_its_own(tmp_path: Path, name: str) -> None:
    living = SpillFile(tmp_path, name)
    living.append([b"1"])
    if name == "other":
        living.close()
    spill = SpillFile(tmp_path, "endpoint")
    spill.take_over()
    assert lines_of(spill) == []


def test_nothing_is_left_where_nothing_waits(tmp_path: Path) -> None:
    spill = SpillFile(tmp_path, "endpoint")
    spill.append([b"1"])
    spill.take_off(1)
    spill.close()
    assert list(tmp_path.iterdir()) == []
