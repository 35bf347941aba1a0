"""Valkey loses its primary to another one: `python -m benchmarks.machines.sentinels`; a minute.

Printed is how an instance answered requests meanwhile, and when it was ready and delivered events again.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path

import requests

from benchmarks.machines.site import KEY, SETTLE_SECONDS, folder_of
from optimizer_app.instance.servers.running import running_servers
from tests.optimizer_app.instance.whole.running_instance import Instance, start_instance
from tests.optimizer_app.valkey.sentinels import Watched, watched_servers
from tests.patience import PATIENCE_SECONDS
from tests.servers.events_receiver import EventsReceiver

LOAD_SECONDS = 20.0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="token-optimizer-sentinels-") as top:
        folders = [folder_of(Path(top), name) for name in ("servers", "valkey", "instance")]
        with running_servers(folders[0]) as servers, watched_servers(folders[1]) as watched:
            _run(folders[2], servers.database_url, watched)


def _run(folder: Path, database_url: str, watched: Watched) -> None:
    with EventsReceiver() as receiver:
        environment = {"DATABASE_URL": database_url, "REDIS_URL": watched.url, "OPTIMIZER_BOOTSTRAP_KEY": KEY}
        instance = start_instance(folder, ANALYTICS_URL=receiver.events_url, **environment)
        try:
            instance.wait_until_up()
            time.sleep(SETTLE_SECONDS)
            _ask(instance)
            _lose_primary(instance, watched, receiver)
        finally:
            instance.process.terminate()
            instance.process.wait()


def _lose_primary(instance: Instance, watched: Watched, receiver: EventsReceiver) -> None:
    began = time.monotonic()
    watched.kill_primary()
    print(f"the Sentinel named the other server after {time.monotonic() - began:.1f} s")
    before, ready_after, events_after = len(receiver.events), 0.0, 0.0
    statuses: Counter[int] = Counter()
    while (now := time.monotonic() - began) < LOAD_SECONDS:
        statuses[_ask(instance)] += 1
        if not ready_after and requests.get(f"{instance.url}/readyz", timeout=PATIENCE_SECONDS).ok:
            ready_after = now
        if not events_after and len(receiver.events) > before:
            events_after = now
        time.sleep(0.2)
    print(f"requests by status: {dict(statuses)}")
    print(f"ready after {ready_after:.1f} s, events delivered after {events_after:.1f} s")


def _ask(instance: Instance) -> int:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi."}]}
    url, headers = f"{instance.url}/v1/chat/completions", {"authorization": f"Bearer {KEY}"}
    return requests.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS).status_code


if __name__ == "__main__":
    main()
