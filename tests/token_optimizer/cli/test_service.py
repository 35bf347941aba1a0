"""`up`, `demo` and `manage`: which service they run, with what."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.token_optimizer.cli.program import ROOT
from token_optimizer.cli import service
from token_optimizer.cli.main import main
from token_optimizer.cli.service import INSTALLED_FOLDER, service_folder


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What this process would have become."""
    found: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: found.extend(arguments))
    return found


def _installed(beside: Path) -> Path:
    folder = beside / INSTALLED_FOLDER
    (folder / "optimizer_app").mkdir(parents=True)
    (folder / "manage.py").touch()
    return folder


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        (["up"], ["up"]),
        (["demo", "--repeat", "2"], ["demo", "--repeat", "2"]),
        (["manage", "prices", "-v", "2", "update", "--help"], ["prices", "-v", "2", "update", "--help"]),
    ],
)
def test_a_clone_runs_itself(executed: list[Any], given: list[str], passed: list[str]) -> None:
    main(given)

    program, command, environment = executed
    assert program == sys.executable
    assert command == [sys.executable, str(ROOT / "manage.py"), *passed]
    assert environment == dict(os.environ)


def test_an_installed_service_keeps_its_state_in_the_users_data(
    tmp_path: Path, executed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _installed(tmp_path / "packages")
    monkeypatch.setattr(service, "service_folder", lambda _: folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("OPTIMIZER_STATE_DIR", raising=False)
    monkeypatch.delenv("OPTIMIZER_STATIC_ROOT", raising=False)

    main(["up"])

    state = tmp_path / "data" / "token-optimizer"
    assert executed[2]["OPTIMIZER_STATE_DIR"] == str(state)
    assert executed[2]["OPTIMIZER_STATIC_ROOT"] == str(state / "staticfiles")


def test_a_state_folder_that_is_named_is_kept(
    tmp_path: Path, executed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "service_folder", lambda _: _installed(tmp_path))
    monkeypatch.setenv("OPTIMIZER_STATE_DIR", "/srv/optimizer")
    monkeypatch.delenv("OPTIMIZER_STATIC_ROOT", raising=False)

    main(["manage", "check"])

    assert executed[2]["OPTIMIZER_STATE_DIR"] == "/srv/optimizer"
    assert executed[2]["OPTIMIZER_STATIC_ROOT"] == "/srv/optimizer/staticfiles"


def test_a_library_alone_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert service_folder(tmp_path) is None
    monkeypatch.setattr(service, "service_folder", lambda _: None)

    assert main(["up"]) == 1
    assert "pip install 'token-optimizer[service]'" in capsys.readouterr().err


def test_the_wheels_folder_is_found_beside_the_library(tmp_path: Path) -> None:
    assert service_folder(tmp_path) != _installed(tmp_path) == service_folder(tmp_path)
