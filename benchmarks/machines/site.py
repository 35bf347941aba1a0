"""Two instances as two machines would run them: own ports and state folders, databases in common."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from optimizer_app.instance.servers.running import running_servers
from tests.optimizer_app.instance.whole.running_instance import Instance, manage, start_instance
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider
from tests.servers.events_receiver import EventsReceiver

KEY = f"tok_{secrets.token_hex(12)}"
# Background processes start when an instance is up.
SETTLE_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Machine:
    """One of them; `environment` is what both have in common."""

    state_dir: Path
    instance: Instance
    environment: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None, *, may_fail: bool = False) -> requests.Response:
        """A request with the key; unless it `may_fail` it must be answered well."""
        headers = {"authorization": f"Bearer {KEY}"}
        url = self.instance.url + path
        answer = requests.request(method, url, json=body, headers=headers, timeout=PATIENCE_SECONDS)
        if not may_fail:
            answer.raise_for_status()
        return answer

    def shell(self, code: str) -> str:
        """What Python prints within the instance, its last line."""
        done = manage(
            "shell", "--verbosity", "0", "--command", code, state_dir=self.state_dir, **self.environment
        )
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    def log(self, process: str) -> str:
        return (self.state_dir / "logs" / f"{process}.log").read_text(errors="replace")


@dataclass(slots=True)
class Site:
    """What stands around the two machines."""

    provider: MockProvider
    receiver: EventsReceiver
    machines: list[Machine] = field(default_factory=list)


def folder_of(top: Path, name: str) -> Path:
    """A new folder that the servers' own user can reach, too."""
    top.chmod(0o711)
    folder = top / name
    folder.mkdir(mode=0o711)
    return folder


@contextmanager
def running_site() -> Iterator[Site]:
    """Both machines for the length of a block."""
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="token-optimizer-machines-")))
        folders = [folder_of(top, name) for name in ("servers", "a", "b")]
        servers = stack.enter_context(running_servers(folders[0]))
        site = Site(stack.enter_context(MockProvider()), stack.enter_context(EventsReceiver()))
        environment = {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "DJANGO_SECRET_KEY": secrets.token_urlsafe(48),
            "OPTIMIZER_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "OPTIMIZER_BOOTSTRAP_KEY": KEY,
            "OPENAI_BASE_URL": site.provider.openai_url,
            # Both are one machine by their name, and so share the slots of one.
            "OPTIMIZER_INGEST_WORKERS": "2",
            "ANALYTICS_URL": site.receiver.events_url,
        }
        for folder in folders[1:]:
            instance = start_instance(folder, **environment)
            stack.callback(_end, instance)
            site.machines.append(Machine(folder, instance, environment))
        for machine in site.machines:
            machine.instance.wait_until_up()
        yield site


def _end(instance: Instance) -> None:
    instance.process.terminate()
    instance.process.wait()
