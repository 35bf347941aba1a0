"""What a process that is forked has of one that is started anew."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.servers.forking import PROJECT_ROOT, ForkedPython

_TELL = """
import json, os, signal, sys
from django.conf import settings
if __name__ == "__main__":
    print(json.dumps({
        "arguments": sys.argv, "environment": dict(os.environ), "folder": os.getcwd(), "first": sys.path[0],
        "settings": settings.configured, "given": sys.stdin.read(), "leads": os.getsid(0) == os.getpid(),
        "interrupted": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "descriptors": sorted(map(int, os.listdir("/proc/self/fd"))),
        "main": sys.modules["__main__"].__file__,
    }))
    sys.exit(3)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "tell.py"
    path.write_text(_TELL)
    return path


def test_it_is_what_a_new_process_is(script: Path) -> None:
    found = []
    for kind in (ForkedPython, subprocess.Popen):
        with kind(
            [sys.executable, script.name, "a", "b c"],
            cwd=script.parent,
            env={"PATH": os.environ["PATH"], "LC_CTYPE": "C.UTF-8", "NAME": "value"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            said, _ = process.communicate("given", timeout=PATIENCE_SECONDS)
        assert process.returncode == 3
        found.append(json.loads(said))
    forked, new = found
    forked["main"] = str(script.parent / forked["main"])
    assert forked == new


def test_a_module_is_run_by_its_name() -> None:
    command = [sys.executable, "-m", "json.tool", "--compact"]
    with ForkedPython(
        command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        said, _ = process.communicate('{"a": [1, 2]}', timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (0, '{"a":[1,2]}\n')


def test_an_error_is_told(tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text("raise ValueError('so')")
    with ForkedPython(
        [sys.executable, str(tmp_path / "fails.py")], stderr=subprocess.PIPE, text=True
    ) as process:
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert said.endswith("ValueError: so\n")


def test_descriptors_keep_their_numbers_and_a_signal_is_the_status(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(
        "import os, sys, time\nos.write(int(sys.argv[1]), b'here')\ntime.sleep(600)"
    )
    ours, theirs = os.pipe()
    process = ForkedPython([sys.executable, str(tmp_path / "waits.py"), str(theirs)], pass_fds=[theirs])
    os.close(theirs)
    assert os.read(ours, 10) == b"here"
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == -signal.SIGTERM
    assert os.read(ours, 10) == b""
    os.close(ours)
