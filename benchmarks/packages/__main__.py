"""Builds the wheel and the source distribution, and tries them in environments where nothing else is.

    python -m benchmarks.packages [--python PATH ...] [--without-service]

For each Python: the library alone from both, with its types under mypy --strict; the SDKs' extras with the
examples against a scripted provider; the service with a start, a sign-in, a request and an end. Everything is
done in folders outside the tree. Without `--python` every Python from 3.11 to 3.14 that uv finds here.
Ends with 1 where something does not work.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.packages.environments import Environment, Failed, build, found_pythons, version_of
from benchmarks.packages.library import library_works, sdks_work, types_hold
from benchmarks.packages.service import service_works


@dataclass(frozen=True, slots=True)
class Trial:
    """What is installed, and what is tried then; `try_it` says what it saw."""

    what: str
    package: Path
    extras: str
    try_it: Callable[[Environment], str]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", nargs="+", help="interpreters to try it with")
    parser.add_argument("--without-service", action="store_true", help="the library alone")
    options = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="token-optimizer-packages-") as top:
        folder = Path(top)
        folder.chmod(0o711)
        wheel, source = build(folder / "dist")
        print(f"{wheel.name}: {wheel.stat().st_size:,} bytes; {source.name}: {source.stat().st_size:,} bytes")
        trials = list(_trials(wheel, source, with_service=not options.without_service))
        for python in options.python or found_pythons():
            for number, trial in enumerate(trials):
                failed += _tried(trial, python, folder / f"{version_of(python)}-{number}")
    return 1 if failed else 0


def _trials(wheel: Path, source: Path, *, with_service: bool) -> Iterator[Trial]:
    yield Trial("library, wheel", wheel, "", library_works)
    yield Trial("library, source", source, "", library_works)
    yield Trial("types, mypy --strict", wheel, "", types_hold)
    yield Trial("SDKs", wheel, "[openai,anthropic,prices]", sdks_work)
    if with_service:
        yield Trial("service", wheel, "[service]", service_works)


def _tried(trial: Trial, python: str, folder: Path) -> bool:
    """Whether it failed; a line says how it went."""
    started = perf_counter()
    try:
        environment = Environment.made(folder, python, f"{trial.package}{trial.extras}")
        seen, failed = trial.try_it(environment), False
    except Failed as error:
        seen, failed = f"FAILED: {error}", True
    print(f"{version_of(python):<8}{trial.what:<22}{perf_counter() - started:6.1f} s  {seen}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
