"""bin/make_venv.py: when it works anew, and that it needs nothing but Python."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.optimizer_app.instance.whole.running_instance import PROJECT_ROOT

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with nothing but requirements, installed: making a venv takes seconds."""
    root = tmp_path_factory.mktemp("made") / "a checkout"
    (root / "bin").mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "bin" / "make_venv.py", root / "bin")
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    assert "Installing requirements-dev.txt" in make_venv(root)
    return root


@pytest.fixture
def checkout(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(made, tmp_path / made.name, symlinks=True)


def make_venv(root: Path) -> str:
    """What it said."""
    command = [sys.executable, str(root / "bin" / "make_venv.py"), "requirements-dev.txt"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_it_installs_once_and_again_after_a_change(checkout: Path) -> None:
    assert make_venv(checkout) == ""
    (checkout / "requirements.txt").write_text("# changed\n")
    assert "Installing requirements-dev.txt" in make_venv(checkout)


def test_a_venv_that_leads_nowhere_is_made_anew(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert "Making" in make_venv(checkout)
    assert subprocess.run([python, "-c", ""], check=True).returncode == 0


def test_what_cannot_be_installed_is_named(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("./no-such-package\n")
    stamp = checkout / ".venv" / ".installed-requirements-dev.txt"
    before = stamp.read_text()
    with pytest.raises(subprocess.CalledProcessError) as failed:
        make_venv(checkout)
    assert "failed with status 1" in failed.value.stderr
    assert stamp.read_text() == before


def test_a_package_that_is_not_the_locked_one_ends_it(checkout: Path) -> None:
    package = checkout / "one-1.0-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as wheel:
        wheel.writestr("one-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
        wheel.writestr(
            "one-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("one-1.0.dist-info/RECORD", "")
    lock = checkout / "requirements.lock"
    lock.write_text(f"one @ {package.as_uri()} --hash=sha256:{'0' * 64}\n")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        make_venv(checkout)
    assert "is not the one of requirements.lock" in failed.value.stderr
    lock.write_text(
        f"one @ {package.as_uri()} --hash=sha256:{hashlib.sha256(package.read_bytes()).hexdigest()}\n"
    )
    make_venv(checkout)
    assert list((checkout / ".venv").glob("lib/*/site-packages/one-1.0.dist-info"))
