"""The library as its users install it: one wheel, in the environment of each framework."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.adapters.adapters import Framework
from benchmarks.clients.environments import NotInstalled

_ROOT = Path(__file__).resolve().parents[2]


def built_wheel(folder: Path) -> Path:
    """A wheel of this checkout, alone in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=_ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def install(framework: Framework, wheel: Path, folder: Path) -> str:
    """The framework's pinned packages, once, and the library with its extra, anew; returns the version."""
    framework.packages.install(folder)
    _pip(folder, f"{wheel}[{framework.extra}]")
    _pip(folder, "--force-reinstall", "--no-deps", str(wheel))
    return framework.packages.version(folder)


def _pip(folder: Path, *arguments: str) -> None:
    command = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stderr.strip().splitlines()[-1][:200])
