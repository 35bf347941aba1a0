"""The product as `manage.py up` runs it, with a key that is held to limits far above what is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.servers.pinned import MEASURED_CORE, OTHER_CORE, pin
from tests.optimizer_app.instance.whole.running_instance import Instance, manage, start_instance

_BOUND_KEY = """
from optimizer_app.models import ApiKey, Project
for row in (*ApiKey.objects.all(), *Project.objects.all()):
    row.max_requests_per_minute = row.max_tokens_per_minute = 2_000_000_000
    row.max_concurrent_requests = 100_000
    row.save()
"""
_WORKER = "optimizer_app.instance.web"
_RECORDER = "manage.py recorder"


@dataclass(frozen=True, slots=True)
class Product:
    """A running instance: `worker` is its one web worker, `optimizer` what it started for large prompts."""

    url: str
    key: str
    worker: psutil.Process
    optimizer: list[psutil.Process]
    recorder: list[psutil.Process]


@contextmanager
def running_product(upstream: str) -> Iterator[Product]:
    """An instance of its own, whose worker has a core, for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="token-optimizer-gateway-") as top:
        folder = Path(top)
        folder.chmod(0o711)
        state = folder / "state"
        state.mkdir(mode=0o711)
        environment = {"OPENAI_BASE_URL": f"{upstream}/v1", "OPENAI_API_KEY": "sk-mock"}
        instance = start_instance(state, **environment)
        try:
            instance.wait_until_up()
            manage("shell", "--command", _BOUND_KEY, state_dir=state)
            yield _pinned(instance)
        finally:
            instance.process.terminate()
            instance.process.wait()


def _pinned(instance: Instance) -> Product:
    everything = instance.processes()
    worker = next(each for each in everything if _WORKER in _command_line(each))
    optimizer = worker.children(recursive=True)
    recorder = [each for each in everything if _RECORDER in _command_line(each)]
    for process in everything:
        pin(process, MEASURED_CORE if process in (worker, *optimizer) else OTHER_CORE)
    return Product(instance.url, instance.key, worker, optimizer, recorder)


def _command_line(process: psutil.Process) -> str:
    """Empty where the process has ended, as connections' processes of the database do."""
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""
