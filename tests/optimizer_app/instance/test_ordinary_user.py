"""What a start by root keeps of its rights, and where it cannot give them up. `test_up.py` starts one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from optimizer_app.instance import ordinary_user
from optimizer_app.instance.ordinary_user import RootKept, close_state, leave_root
from optimizer_app.instance.servers.accounts import service_account

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be started in this process's place."""
    found: list[Any] = []
    monkeypatch.setattr(
        os, "execve", lambda _path, arguments, environment: found.extend([arguments, environment])
    )
    return found


def kept(arguments: list[str]) -> str:
    return next(argument for argument in arguments if argument.startswith("--ambient-caps="))


def test_what_can_be_read_by_all_needs_no_right(
    started: list[Any], own_state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordinary_user, "_is_open", lambda _path, _account: True)
    leave_root(own_state_dir, port=8000, needed=[])
    arguments, environment = started
    assert kept(arguments) == "--ambient-caps=-all"
    assert "--no-new-privs" in arguments
    assert environment["HOME"] == str(own_state_dir)
    account = service_account()
    assert own_state_dir.stat().st_uid == account.user


def test_a_closed_folder_and_a_low_port_need_one_each(started: list[Any], own_state_dir: Path) -> None:
    closed = own_state_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    leave_root(own_state_dir, port=443, needed=[closed])
    assert kept(started[0]) == "--ambient-caps=-all,+dac_read_search,+net_bind_service"


def test_strangers_files_in_the_state_folder_stay_theirs(started: list[Any], own_state_dir: Path) -> None:
    (own_state_dir / "journal").mkdir()
    (own_state_dir / "journal" / "a.jsonl").touch()
    (own_state_dir / "somebody's").touch()
    (own_state_dir / "logs").symlink_to("/etc")
    leave_root(own_state_dir, port=8000, needed=[])
    assert (own_state_dir / "journal" / "a.jsonl").stat().st_uid == service_account().user
    assert (own_state_dir / "somebody's").stat().st_uid == 0
    assert Path("/etc").stat().st_uid == 0


def test_where_root_cannot_be_left_the_reason_is_told(
    started: list[Any], own_state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordinary_user, "_holds", lambda *names: "dac_read_search" not in names)
    closed = own_state_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(RootKept, match="can be read by root alone, and CAP_DAC_READ_SEARCH is not there"):
        leave_root(own_state_dir, port=8000, needed=[closed])
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(RootKept, match="setpriv, of util-linux, is not installed"):
        leave_root(own_state_dir, port=8000, needed=[])
    assert started == []


def test_what_is_written_is_closed_to_others(own_state_dir: Path) -> None:
    mask = os.umask(0o022)
    try:
        close_state(own_state_dir)
        (own_state_dir / "new").touch()
        assert (own_state_dir / "new").stat().st_mode & 0o077 == 0
    finally:
        os.umask(mask)
