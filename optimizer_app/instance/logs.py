"""Keeps the logs of the children short: one that has grown long becomes `NAME.log.1`, and older ones move on.

A child keeps its log open for its whole life, always at its end, so the file is emptied in place after it was
copied. What is written in that moment stands in neither.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
KEPT = 3


def rotate(folder: Path) -> None:
    """Empty the logs that are too long, and keep the last copies of each."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > MAX_BYTES:
            _move_on(log)
            os.truncate(log, 0)


def _move_on(log: Path) -> None:
    for number in range(KEPT - 1, 0, -1):
        if (older := _copy(log, number)).exists():
            older.replace(_copy(log, number + 1))
    shutil.copy(log, _copy(log, 1))


def _copy(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
