"""An instance, and what stands around it and can fail: its disk, its clock, its providers, its receiver."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil
import requests

from tests.optimizer_app.instance.whole.running_instance import (
    PROJECT_ROOT,
    Instance,
    manage,
    start_instance,
)
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.events_receiver import EventsReceiver

# `disk`: its state lies on a small file system of its own. `clock`: its time is told by a file.
Kind = Literal["plain", "disk", "clock"]

# Providers think for a moment, so that a process that is killed has requests on their way.
ANSWER = Reply(delay_seconds=0.3)
_RETRIEVAL_ON = """
from optimizer_app.models import OptimizationConfig
OptimizationConfig.objects.update(fields={"enable_semantic_retrieval": True})
"""
_DOCUMENT = "\n\n".join(
    f"The valve of pump {number} closes when the pressure falls below {number % 9 + 1} bar."
    for number in range(200)
)
DISK_BYTES = 600 * 1024**2


class CannotBeBuilt(Exception):
    """This machine has no way to such a site; the message says what is missing."""


@dataclass(slots=True)
class Site:
    """`provider` answers chat completions, and `slow_provider` messages."""

    folder: Path
    clock: Path
    provider: MockProvider = field(default_factory=MockProvider)
    slow_provider: MockProvider = field(default_factory=MockProvider)
    receiver: EventsReceiver = field(default_factory=EventsReceiver)
    instance: Instance = field(init=False)

    def put_clock(self, seconds: int) -> None:
        """So many seconds beside the machine's."""
        with self.clock.open("r+b") as file:
            file.write(struct.pack("q", seconds))

    @property
    def supervisor(self) -> psutil.Process:
        return psutil.Process(self.instance.process.pid)

    def processes(self, words: str) -> list[psutil.Process]:
        """The instance's processes with these words in their name and command line, the oldest first."""
        found = []
        for process in self.supervisor.children(recursive=True):
            try:
                if words in " ".join([process.name(), *process.cmdline()]):
                    found.append(process)
            except psutil.Error:
                continue
        return sorted(found, key=psutil.Process.create_time)

    def start(self, **environment: str) -> None:
        self.provider.default = self.slow_provider.default = ANSWER
        self.instance = start_instance(
            self.folder,
            root=PROJECT_ROOT,
            WEB_CONCURRENCY="2",
            ANALYTICS_URL=self.receiver.events_url,
            OPENAI_BASE_URL=self.provider.openai_url,
            ANTHROPIC_BASE_URL=self.slow_provider.url,
            **environment,
        )
        self.instance.wait_until_up()
        self._search_documents()

    def _search_documents(self) -> None:
        """From here on each request is answered with what a stored document says to it."""
        manage("shell", "--command", _RETRIEVAL_ON, state_dir=self.folder)
        headers = {"authorization": f"Bearer {self.instance.key}"}
        url = f"{self.instance.url}/v1/ingest"
        body = {"documents": [{"id": "pumps", "content": _DOCUMENT}]}
        requests.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS).raise_for_status()

    def stop(self) -> None:
        self.instance.process.terminate()
        self.instance.process.wait()


@contextmanager
def running_site(kind: Kind) -> Iterator[Site]:
    """A site for the length of a block; CannotBeBuilt where the machine does not have what it needs."""
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="token-optimizer-faults-")))
        top.chmod(0o711)
        folder, clock = top / "state", top / "clock"
        folder.mkdir(mode=0o711)
        clock.write_bytes(bytes(8))
        clock.chmod(0o644)
        if kind == "disk":
            stack.enter_context(_disk(folder))
        site = Site(folder, clock)
        for server in (site.provider, site.slow_provider, site.receiver):
            stack.enter_context(server)
        site.start(**(_told_by(clock) if kind == "clock" else {}))
        stack.callback(site.stop)
        yield site


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """A small ext4 in a file, of which nothing is kept for root."""
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    try:
        _run("mkfs.ext4", "-q", "-m", "0", str(image))
        _run("mount", "-o", "loop", str(image), str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotBeBuilt(f"no file system of its own: {error}") from None
    folder.chmod(0o711)
    try:
        yield
    finally:
        _run("umount", str(folder))


def _told_by(clock: Path) -> dict[str, str]:
    """The environment of processes whose wall clock the file puts off; their other clocks run on.

    libfaketime would do, but Python's sleep fails under it.
    """
    library = clock.with_suffix(".so")
    try:
        _run("gcc", "-O2", "-shared", "-fPIC", "-o", str(library), str(Path(__file__).with_name("clock.c")))
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotBeBuilt(f"no clock of its own: {error}") from None
    return {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(clock)}


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
