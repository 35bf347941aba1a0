"""The program, as a shell runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-m", "token_optimizer")


def run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One run with this on its standard input."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, cwd=ROOT, timeout=300, check=False)


def log_text(lines: int = 600) -> str:
    """A log in which one line says what went wrong."""
    rows = [
        f"2026-01-01 12:{n // 60 % 60:02d}:{n % 60:02d} INFO worker {n % 7} did job {n}" for n in range(lines)
    ]
    rows[lines // 2] = "2026-01-01 12:05:00 ERROR worker 3 failed: disk full"
    return "\n".join(rows) + "\n"
