"""Environments of clients: a venv or an npm prefix for each set of packages, in a folder outside the tree."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MAX_INSTALL_SECONDS = 900


class NotInstalled(Exception):
    """The packages of a client cannot be installed here; the message is the last line of the installer."""


class Environment(Protocol):
    @property
    def name(self) -> str: ...

    def install(self, folder: Path) -> None: ...

    def version(self, folder: Path) -> str: ...


@dataclass(frozen=True, slots=True)
class PythonPackages:
    """A venv; the first package is the client."""

    packages: tuple[str, ...]

    @property
    def name(self) -> str:
        return _folder_name("python", self.packages)

    def install(self, folder: Path) -> None:
        if (folder / "installed").exists():
            return
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *self.packages])
        (folder / "installed").touch()

    def version(self, folder: Path) -> str:
        name = self.packages[0].partition("[")[0].partition("=")[0]
        code = f"from importlib.metadata import version; print(version({name!r}))"
        return _run([str(folder / "bin/python"), "-c", code]).strip()


@dataclass(frozen=True, slots=True)
class NodePackages:
    """An npm prefix; the first package is the client."""

    packages: tuple[str, ...]

    @property
    def name(self) -> str:
        return _folder_name("node", self.packages)

    def install(self, folder: Path) -> None:
        if (folder / "installed").exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise NotInstalled("npm is not on this machine")
        folder.mkdir(parents=True, exist_ok=True)
        _run([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *self.packages])
        (folder / "installed").touch()

    def version(self, folder: Path) -> str:
        package = json.loads((folder / "node_modules" / self.packages[0] / "package.json").read_text())
        return str(package["version"])


def _folder_name(kind: str, packages: tuple[str, ...]) -> str:
    return "-".join([kind, *(re.sub(r"\W+", "-", package).strip("-") for package in packages)])


def _run(command: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=MAX_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"not installed within {MAX_INSTALL_SECONDS} s") from None
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise NotInstalled(lines[-1][:200] if lines else f"the installer ended with {done.returncode}")
    return done.stdout
