"""bin/make_venv.py: when it works anew, and that it needs nothing but Python."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

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


@pytest.fixture
def uv(checkout: Path) -> None:
    """It has been fetched: nothing here connects to an index."""
    (checkout / ".venv" / "bin" / "uv").symlink_to(find_uv_bin())


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package named one, in a folder of its own."""
    package = tmp_path / "wheels" / "one-1.0-py3-none-any.whl"
    package.parent.mkdir()
    with zipfile.ZipFile(package, "w") as files:
        files.writestr("one-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
        files.writestr(
            "one-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        files.writestr("one-1.0.dist-info/RECORD", "")
    return package


def make_venv(root: Path, **environment: str) -> str:
    """What it said."""
    command = [sys.executable, str(root / "bin" / "make_venv.py"), "requirements-dev.txt"]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    ).stderr


def installer_of_one(root: Path) -> str:
    (record,) = (root / ".venv").glob("lib/*/site-packages/one-1.0.dist-info/INSTALLER")
    return record.read_text().strip()


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


def check_that_a_package_must_be_the_locked_one(checkout: Path, wheel: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(f"one @ {wheel.as_uri()} --hash=sha256:{'0' * 64}\n")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        make_venv(checkout)
    assert "is not the one of requirements.lock" in failed.value.stderr
    lock.write_text(
        f"one @ {wheel.as_uri()} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    )
    make_venv(checkout)


def test_a_package_that_is_not_the_locked_one_ends_it(checkout: Path, wheel: Path) -> None:
    check_that_a_package_must_be_the_locked_one(checkout, wheel)
    assert installer_of_one(checkout) == "pip"


@pytest.mark.usefixtures("uv")
def test_a_package_that_is_not_the_locked_one_ends_it_with_uv_too(checkout: Path, wheel: Path) -> None:
    check_that_a_package_must_be_the_locked_one(checkout, wheel)
    assert installer_of_one(checkout) == "uv"


@pytest.mark.usefixtures("uv")
def test_uv_looks_where_pip_was_told_to(checkout: Path, wheel: Path) -> None:
    (checkout / "requirements.txt").write_text("one==1.0\n")
    make_venv(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheel.parent))
    assert installer_of_one(checkout) == "uv"


@pytest.mark.usefixtures("uv")
def test_pip_takes_over_where_uv_fails(checkout: Path, wheel: Path) -> None:
    (checkout / "requirements.txt").write_text(f"one @ {wheel.as_uri()}\n")
    make_venv(checkout, UV_CACHE_DIR="/dev/null/nowhere")
    assert installer_of_one(checkout) == "pip"
