"""The program: as a shell runs it, and within this process, which has imported it already."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from token_optimizer.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-m", "token_optimizer")


def run_in_a_shell(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One run with this on its standard input, in a process of its own."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, cwd=ROOT, timeout=300, check=False)


def run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One run with this on its standard input, without the second that another process takes to start."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), "utf-8") for name in ("stdin", "stdout", "stderr")}
    streams["stdin"].buffer.write(given)
    streams["stdin"].seek(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        code = _exit_code([*map(str, arguments)])
    return subprocess.CompletedProcess(
        arguments, code, *map(_written, [streams["stdout"], streams["stderr"]])
    )


def _exit_code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as ending:
        return int(ending.code or 0)


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.seek(0)
    return stream.buffer.read()


def log_text(lines: int = 600) -> str:
    """A log in which one line says what went wrong."""
    rows = [
        f"2026-01-01 12:{n // 60 % 60:02d}:{n % 60:02d} INFO worker {n % 7} did job {n}" for n in range(lines)
    ]
    rows[lines // 2] = "2026-01-01 12:05:00 ERROR worker 3 failed: disk full"
    return "\n".join(rows) + "\n"
