"""The processes that a web worker has forked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import psutil

from optimizer_app.optimize.inline import INLINE_BYTES
from tests.gateway.accounts import Account, new_account
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer

_LINES = "".join(f"12:00:{n % 60:02} INFO worker {n} is well\n" for n in range(INLINE_BYTES // 20))


def optimized(account: Account) -> int:
    """The tokens that a large prompt has saved."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Which worker failed?\n\n{_LINES}"}]}
    return int(account.post("/v1/optimize", body).json()["optimizer_stats"]["tokens_saved"])


def forks(server: LiveServer) -> dict[str, psutil.Process]:
    """The living processes below the server, by name."""
    found = {}
    for process in psutil.Process(server.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found[process.name()] = process
    return found


def replaced(account: Account, killed: psutil.Process) -> bool:
    """Whether large prompts are optimized without it, though the first one may find it dead."""
    killed.kill()
    return [optimized(account) for _ in range(2)][1] > 0


def test_the_process_for_large_prompts(start_server: Callable[..., LiveServer]) -> None:
    """One server for its whole life, since each start takes seconds."""
    server = start_server()
    account = new_account(server)
    assert optimized(account) > 0

    first = forks(server)["large prompts"]
    assert first.ppid() == forks(server)["fork server"].pid
    assert replaced(account, first)
    second = forks(server)["large prompts"]
    assert second.pid != first.pid
    assert second.ppid() == forks(server)["fork server"].pid

    # Without a fork server it is started anew.
    assert replaced(account, forks(server)["fork server"])
    third = forks(server)["large prompts"]
    assert third.ppid() == server.process.pid


def test_none_outlives_a_worker_that_is_killed(start_server: Callable[..., LiveServer]) -> None:
    server = start_server()
    assert optimized(new_account(server)) > 0
    everything = [*forks(server).values(), psutil.Process(server.process.pid)]
    assert {"fork server", "large prompts"} <= forks(server).keys()
    server.process.kill()
    assert psutil.wait_procs(everything, PATIENCE_SECONDS)[1] == []
