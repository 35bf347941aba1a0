"""Environments in which there is one package with what it asks for, and an empty folder to work from."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UV = str(ROOT / ".venv/bin/uv")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_WITHIN_SECONDS = 600


class Failed(Exception):
    """A command of a trial failed, or saw what it should not have; the message says what."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A venv, and the empty folder from which its programs are run."""

    venv: Path
    work: Path

    @classmethod
    def made(cls, folder: Path, python: str, *packages: str) -> Environment:
        """With these packages, and what they ask for."""
        made = cls(folder / "venv", folder / "work")
        made.work.mkdir(parents=True)
        run(UV, "venv", "--quiet", "--python", python, str(made.venv))
        # Compiled now as pip does: what is not may not be writable later.
        run(UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(made.python), *packages)
        return made

    @property
    def python(self) -> Path:
        return self.venv / "bin/python"

    @property
    def program(self) -> Path:
        return self.venv / "bin/token-optimizer"

    def run(self, *command: str | Path, variables: Mapping[str, str] | None = None, given: str = "") -> str:
        """What the command prints, run from the empty folder."""
        return run(*command, folder=self.work, variables=variables, given=given)

    def take_examples(self) -> None:
        """Copy examples/ beside what is run."""
        shutil.copytree(ROOT / "examples", self.work / "examples", dirs_exist_ok=True)


def run(
    *command: str | Path,
    folder: Path = ROOT,
    variables: Mapping[str, str] | None = None,
    given: str = "",
) -> str:
    """What the command prints; Failed with the end of what it says where it does not end well."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**plain_environment(), **(variables or {})},
        input=given,
        capture_output=True,
        text=True,
        timeout=_WITHIN_SECONDS,
    )
    if done.returncode:
        raise Failed(f"{Path(command[0]).name} {command[1]}: {(done.stdout + done.stderr).strip()[-600:]}")
    return done.stdout


def plain_environment() -> dict[str, str]:
    """Ours without what would lead Python or the service to the clone."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "OPTIMIZER_", "DJANGO_", "VIRTUAL_ENV"))
    }
    return {**kept, "UV_PYTHON_DOWNLOADS": "never"}


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel, which is built from the source distribution, and that."""
    run(UV, "build", "--quiet", "--out-dir", folder, ROOT)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def found_pythons() -> list[str]:
    """The interpreters that uv finds on this machine, one for each version."""
    found = []
    for version in PYTHONS:
        try:
            found.append(run(UV, "python", "find", version).strip())
        except Failed:
            print(f"{version:<8}no such Python on this machine", flush=True)
    return found


def version_of(python: str) -> str:
    return run(python, "-c", "import platform; print(platform.python_version())").strip()
