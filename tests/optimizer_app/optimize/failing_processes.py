"""What a pool's process loads so that it fails once the result is sent. It imports this by itself, so nothing
here may need Django's settings."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NoReturn

from optimizer_app.optimize import process


def load_dying(_: Path) -> None:
    """It dies while it remembers what is sent."""

    def dies(*_: object) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    process.remembered = dies


def load_hanging(_: Path) -> None:
    """It hangs while it remembers what is sent."""

    def hangs(*_: object) -> NoReturn:
        while True:
            signal.pause()

    process.remembered = hangs


def load_breaking(_: Path) -> None:
    """It breaks while it remembers what is sent."""

    def breaks(*_: object) -> NoReturn:
        raise ValueError("a secret of the prompt")

    process.remembered = breaks
