"""bin/make_venv.py: when it works anew, and that it needs nothing but Python."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.optimizer_app.instance.running_instance import PROJECT_ROOT

pytestmark = pytest.mark.long


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with nothing but requirements."""
    root = tmp_path / "a checkout"
    (root / "bin").mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / "bin" / "make_venv.py", root / "bin")
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return root


def make_venv(root: Path, requirements: str = "requirements.txt") -> str:
    """What it said."""
    command = [sys.executable, str(root / "bin" / "make_venv.py"), requirements]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_it_installs_once_and_again_after_a_change(checkout: Path) -> None:
    assert "Installing requirements-dev.txt" in make_venv(checkout, "requirements-dev.txt")
    assert make_venv(checkout, "requirements-dev.txt") == ""
    (checkout / "requirements.txt").write_text("# changed\n")
    assert "Installing requirements-dev.txt" in make_venv(checkout, "requirements-dev.txt")


def test_a_venv_that_leads_nowhere_is_made_anew(checkout: Path) -> None:
    make_venv(checkout)
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert "Making" in make_venv(checkout)
    assert subprocess.run([python, "-c", ""], check=True).returncode == 0


def test_what_cannot_be_installed_is_named(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("./no-such-package\n")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        make_venv(checkout)
    assert "failed with status 1" in failed.value.stderr
    assert not (checkout / ".venv" / ".installed-requirements.txt").exists()
