"""What is refused as a backup, or as a place for one. `test_up.py` has a backup that is made and used."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ABOUT = {"format": 1, "version": "99.0", "made_at": "2026-11-29T12:00:00+00:00", "migration": "0001_initial"}


@pytest.fixture
def state_dir(settings, tmp_path: Path) -> Path:
    settings.STATE_DIR = tmp_path / "state"
    settings.STATE_DIR.mkdir()
    settings.JOURNAL_DIR = settings.STATE_DIR / "journal"
    return settings.STATE_DIR


def archive(path: Path, name: str, **about: object) -> Path:
    """A tar file with one member."""
    content = json.dumps({**ABOUT, **about}).encode()
    member = tarfile.TarInfo(name)
    member.size = len(content)
    with tarfile.open(path, "w") as tar:
        tar.addfile(member, io.BytesIO(content))
    return path


def refused(*command: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command(*command)
    return str(caught.value)


def test_what_is_no_backup_is_refused(state_dir: Path, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no archive")
    assert "text is no backup, or not a whole one" in refused("restore", str(text))
    other = archive(tmp_path / "other.tar", "other.json")
    assert refused("restore", str(other)) == f"{other} is no backup: it has no backup.json"
    assert "No such file" in refused("restore", str(tmp_path / "nowhere.tar"))


def test_a_backup_of_a_newer_version_is_refused(state_dir: Path, tmp_path: Path) -> None:
    for about in ({"migration": "9999_of_the_future"}, {"format": 2}):
        newer = archive(tmp_path / "newer.tar", "backup.json", **about)
        assert "version 99.0 made this backup, which is newer than this one" in refused("restore", str(newer))


@pytest.mark.parametrize("name", ["postgres", "valkey", "journal"])
def test_an_instance_is_never_overwritten(state_dir: Path, tmp_path: Path, name: str) -> None:
    (state_dir / name).mkdir()
    whole = archive(tmp_path / "whole.tar", "backup.json")
    assert refused("restore", str(whole)) == f"{state_dir} has an instance already ({name})"


def test_a_file_is_never_overwritten(state_dir: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.tar"
    kept.write_text("mine")
    assert refused("backup", str(kept)) == f"{kept} is there already: choose another name"
    assert kept.read_text() == "mine"
