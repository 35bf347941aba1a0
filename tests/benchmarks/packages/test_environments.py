"""What programs in an empty environment get of ours, and how one that fails is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.packages.environments import Environment, Failed, plain_environment
from benchmarks.packages.library import library_works


def test_nothing_of_ours_leads_to_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "OPTIMIZER_STATE_DIR", "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/a/clone")
    assert "/a/clone" not in plain_environment().values()
    assert "PATH" in plain_environment()


def test_a_program_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    environment = Environment(tmp_path, tmp_path)
    assert environment.run(sys.executable, "-c", "print(input())", given="said") == "said\n"
    with pytest.raises(Failed, match="no such thing"):
        environment.run(sys.executable, "-c", "import sys; sys.exit('no such thing')")


def test_a_library_that_brings_a_service_along_fails(tmp_path: Path) -> None:
    program = tmp_path / "bin/python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho django orjson\n")
    program.chmod(0o755)
    with pytest.raises(Failed, match="django came along"):
        library_works(Environment(tmp_path, tmp_path))
