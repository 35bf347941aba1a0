"""One run of the tools' load generator against one server, and what it cost the server's processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.servers.pinned import OTHER_CORE, cpu_seconds

PATH = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Target:
    """A server as the load generator asks it. `processes` are those whose CPU counts, and `beside` others
    that work for it off the path of its requests."""

    url: str
    key: str = "sk-none"
    headers: Mapping[str, str] = field(default_factory=dict)
    processes: Sequence[psutil.Process] = ()
    beside: Sequence[psutil.Process] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to: milliseconds of CPU a request, and of waiting."""

    requests: int
    errors: int
    cpu_ms: float
    cpu_beside_ms: float
    p50_ms: float
    p99_ms: float
    first_byte_ms: float


def command(tools: Path, target: Target, body: str, seconds: float, **options: Any) -> list[str]:
    """The load generator's command line; an option without a value is a switch."""
    asked = [sys.executable, "load.py", "--url", target.url + PATH, "--key", target.key, "--json"]
    asked += ["--body", body, "--seconds", str(seconds), "--warmup", "0"]
    for name, value in target.headers.items():
        asked += ["--header", f"{name}: {value}"]
    for name, value in options.items():
        asked += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return ["taskset", "--cpu-list", str(OTHER_CORE), *asked]


def run_load(tools: Path, target: Target, body: str, seconds: float, **options: Any) -> Outcome:
    """Send such bodies for so long, and count what that cost."""
    began = cpu_seconds(target.processes), cpu_seconds(target.beside)
    asked = command(tools, target, body, seconds, **options)
    printed = subprocess.run(asked, cwd=tools, capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(target.processes) - began[0]
    beside = cpu_seconds(target.beside) - began[1]
    return _outcome(json.loads(printed), spent, beside)


def _outcome(found: Mapping[str, Any], spent: float, beside: float) -> Outcome:
    return Outcome(
        requests=found["sent"],
        errors=found["errors"],
        cpu_ms=1000 * spent / found["sent"],
        cpu_beside_ms=1000 * beside / found["sent"],
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        first_byte_ms=found["ttft_p50_ms"],
    )
