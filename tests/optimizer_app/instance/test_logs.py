"""Logs that have grown long."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer_app.instance import logs


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 10)


def test_short_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("short")
    logs.rotate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_a_long_one_is_emptied_under_the_hand_that_writes_it(tmp_path: Path) -> None:
    with (tmp_path / "web.log").open("a") as log:
        for text in ("the first text", "the second text", "the third text", "the fourth text"):
            log.write(text)
            log.flush()
            logs.rotate(tmp_path)
        log.write("more")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "web.log": "more",
        "web.log.1": "the fourth text",
        "web.log.2": "the third text",
        "web.log.3": "the second text",
    }
