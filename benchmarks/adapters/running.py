"""Runs the program of an adapter twice, without it and with it, and compares the two."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.adapters.adapters import Adapter
from benchmarks.adapters.library import install
from benchmarks.adapters.material import write_material
from benchmarks.adapters.provider import FindingProvider
from benchmarks.adapters.snippets import adapter_snippets
from benchmarks.clients.client import PROGRAMS
from benchmarks.clients.environments import NotInstalled
from tests.servers.local_server import Received
from token_optimizer.models import Dialect
from token_optimizer.tokens.counts import count_body

_PROGRAMS = Path(__file__).parent / "programs"
_MAX_SECONDS = 400


class Failed(Exception):
    """A program ended with an error; the message is the last line that it printed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an adapter: tokens of all its requests as the provider got them, without it and with it.
    `trouble` says why there is nothing."""

    name: str
    version: str = ""
    tokens_before: int = 0
    tokens_after: int = 0
    answer: str = ""
    same_answer: bool = False
    trouble: str = ""


def outcome_of(adapter: Adapter, wheel: Path, folder: Path) -> Outcome:
    environment = folder / adapter.framework.packages.name
    try:
        version = install(adapter.framework, wheel, environment)
        for code in adapter_snippets()[adapter.framework.module]:
            _run(["-c", code], environment, folder)
        program = [str(_PROGRAMS / adapter.program)]
        plain, before = _run([*program, "plain", *adapter.arguments], environment, folder)
        optimized, after = _run([*program, "optimized", *adapter.arguments], environment, folder)
    except (NotInstalled, Failed) as error:
        return Outcome(adapter.name, trouble=str(error))
    return Outcome(adapter.name, version, before, after, plain, plain == optimized)


def _run(arguments: Sequence[str], environment: Path, folder: Path) -> tuple[str, int]:
    """The last line that a program prints, and the tokens of its requests."""
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    write_material(work)
    command = [str(environment / "bin/python"), *arguments]
    with FindingProvider() as provider:
        done = subprocess.run(
            command,
            cwd=work,
            env=_variables(work, provider),
            capture_output=True,
            text=True,
            timeout=_MAX_SECONDS,
            check=False,
        )
        tokens = sum(map(_tokens, _prompts(provider.requests)))
    if done.returncode:
        raise Failed(f"ended with {done.returncode}: {done.stderr.strip().splitlines()[-1][:200]}")
    return done.stdout.strip().splitlines()[-1], tokens


def _variables(work: Path, provider: FindingProvider) -> dict[str, str]:
    """Nothing of this user's settings, and the optimizer's own errors seen."""
    return {
        "PATH": os.environ["PATH"],
        # The proxy that both benchmarks start.
        "PYTHONPATH": str(PROGRAMS),
        "HOME": str(work),
        "LANG": "C.UTF-8",
        "BASE": provider.url,
        "KEY": "sk-of-the-provider",
        "OPENAI_BASE_URL": provider.openai_url,
        "OPENAI_API_KEY": "sk-of-the-provider",
        "TOKEN_OPTIMIZER_STRICT": "1",
    }


def _prompts(requests: Sequence[Received]) -> list[Received]:
    return [request for request in requests if request.method == "POST"]


def _tokens(request: Received) -> int:
    dialect: Dialect = "responses" if request.path.endswith("/responses") else "openai"
    return count_body(request.json, dialect, "gpt-4o")
