"""`manage.py up` in a process of its own, with a state folder of its own."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from optimizer_app.instance.state import free_port
from tests.patience import PATIENCE_SECONDS

PROJECT_ROOT = Path(__file__).parents[4]
_FROM_OUTSIDE = ("DATABASE_URL", "REDIS_URL", "DJANGO_SECRET_KEY", "OPTIMIZER_ENCRYPTION_KEY")


@dataclass
class Instance:
    """One start of an instance: what it printed, and every process that belongs to it."""

    process: subprocess.Popen[str]
    port: int
    printed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return re.search(r"API key: +(tok_\S+)", "\n".join(self.printed))[1]

    @property
    def curl_line(self) -> str:
        return self.printed[-1]

    def processes(self) -> list[psutil.Process]:
        """The supervisor and all below it."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def wait_until_up(self) -> None:
        """Read what it prints, until the curl line."""
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_pass_on, args=(self.process, lines), daemon=True).start()
        while not (self.printed and self.printed[-1].startswith("curl ")):
            line = lines.get(timeout=PATIENCE_SECONDS)
            if not line:
                raise RuntimeError("the instance ended while starting:\n" + "\n".join(self.printed))
            self.printed.append(line.rstrip("\n"))

    def kill_everything(self) -> None:
        """As if the power went: no process gets to do anything more."""
        killed = self.processes()
        for process in killed:
            with suppress(psutil.NoSuchProcess):  # a connection's process may have ended meanwhile
                process.kill()
        self.process.wait()
        psutil.wait_procs(killed, timeout=PATIENCE_SECONDS)

    def survivors_of(self, signal_number: signal.Signals) -> list[psutil.Process]:
        """Send the signal to the supervisor alone; what still lives when it is gone."""
        everyone = self.processes()
        self.process.send_signal(signal_number)
        self.process.wait(PATIENCE_SECONDS)
        return psutil.wait_procs(everyone, timeout=PATIENCE_SECONDS)[1]


def start_instance(state_dir: Path, *, root: Path = PROJECT_ROOT, **environment: str) -> Instance:
    """An instance of the checkout at `root`."""
    port = int(environment.setdefault("PORT", str(free_port())))
    return Instance(_start(state_dir, environment, root), port)


def failed_start(state_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start that must end by itself; its status and what it said."""
    process = _start(state_dir, {"PORT": str(free_port()), **environment})
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, output)


def manage(*arguments: str, state_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the instance, which must do its work; what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT_ROOT,
        env={**_environment(state_dir), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def _environment(state_dir: Path) -> dict[str, str]:
    # Without tests' own folder, as in benchmarks, each instance collects for itself.
    shared = os.environ.get("OPTIMIZER_STATE_DIR", state_dir)
    inherited = {name: value for name, value in os.environ.items() if name not in _FROM_OUTSIDE}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "OPTIMIZER_STATE_DIR": str(state_dir),
        # Collected once for all instances of this process, which takes each a second.
        "OPTIMIZER_STATIC_ROOT": f"{shared}/staticfiles-{os.getpid()}",
        "WEB_CONCURRENCY": "1",
    }


def _start(state_dir: Path, environment: dict[str, str], root: Path = PROJECT_ROOT) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=root,
        env={**_environment(state_dir), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _pass_on(process: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    for line in process.stdout or ():
        lines.put(line)
    lines.put("")
