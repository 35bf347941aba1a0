"""Faults under steady load: `python -m benchmarks.faults [NAME ...] [--per-second N] [--seconds N]`.

An instance of its own, with the built-in provider, meets one fault after another. For each: the requests that
failed, when the last of them had been sent, when `/readyz` said again that all is there, and how many traces
of answered requests are stored afterwards. NAME is a part of a fault's name.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import aiohttp
import psutil

from benchmarks.faults.harm import FAULTS, Harm
from benchmarks.faults.load import Load
from tests.optimizer_app.instance.running_instance import Instance, start_instance

BEFORE_SECONDS = 5.0
STORED_WITHIN_SECONDS = 60.0
COLUMNS = (
    "fault",
    "requests",
    "failed",
    "failed, %",
    "last failure, s",
    "ready, s",
    "traces kept, %",
    "p99, s",
)


def main() -> None:
    asked = _arguments()
    faults = {name: harm for name, harm in FAULTS.items() if not asked.names or _is_named(name, asked.names)}
    print(f"{asked.per_second:g} requests a second; seconds count from the fault.\n")
    print("| " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " ---: |" * (len(COLUMNS) - 1))
    with _instance() as instance:
        for name, harm in faults.items():
            row = asyncio.run(_met(instance, harm, asked.per_second, asked.seconds))
            print(f"| {name} | {' | '.join(row)} |", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--per-second", type=float, default=20.0)
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="how long the load goes on after the fault"
    )
    return parser.parse_args()


def _is_named(name: str, parts: Sequence[str]) -> bool:
    return any(part.lower() in name.lower() for part in parts)


@contextmanager
def _instance() -> Iterator[Instance]:
    with tempfile.TemporaryDirectory(prefix="token-optimizer-faults-") as folder:
        Path(folder).chmod(0o711)
        instance = start_instance(Path(folder), WEB_CONCURRENCY="2")
        try:
            instance.wait_until_up()
            yield instance
        finally:
            instance.process.terminate()
            instance.process.wait()


async def _met(instance: Instance, harm: Harm, per_second: float, seconds: float) -> list[str]:
    load = Load(instance.url, instance.key, per_second)
    async with load.running():
        await asyncio.sleep(BEFORE_SECONDS)
        fault_at = load.now
        harming = asyncio.create_task(asyncio.to_thread(harm, psutil.Process(instance.process.pid)))
        ready_at = await _ready_at(load, until=fault_at + seconds)
        await harming
        await asyncio.sleep(max(0.0, fault_at + seconds - load.now))
    failed = [each.sent_at for each in load.ended if each.failed]
    answered = [each.trace_id for each in load.ended if not each.failed]
    kept = await _stored(load, answered)
    waits = sorted(each.seconds for each in load.ended)
    return [
        str(len(load.ended)),
        str(len(failed)),
        f"{100 * len(failed) / len(load.ended):.2f}",
        f"{max(failed) - fault_at:.1f}" if failed else "-",
        "-" if ready_at is None else f"{ready_at - fault_at:.1f}",
        f"{100 * kept / len(answered):.2f}",
        f"{waits[int(0.99 * len(waits))]:.2f}",
    ]


async def _ready_at(load: Load, *, until: float) -> float | None:
    """When `/readyz` said yes for the first time after its last no; None where it never said no."""
    was_down, ready_at = False, None
    async with load.client() as client:
        while load.now < until:
            if await _is_ok(client, "/readyz"):
                ready_at = load.now if was_down and ready_at is None else ready_at
            else:
                was_down, ready_at = True, None
            await asyncio.sleep(0.2)
    return ready_at


async def _stored(load: Load, trace_ids: Sequence[str]) -> int:
    """How many of these traces are stored, once the journal had time to be drained."""
    missing = set(trace_ids)
    give_up_at = time.monotonic() + STORED_WITHIN_SECONDS
    async with load.client() as client:
        while missing and time.monotonic() < give_up_at:
            for trace_id in tuple(missing):
                if await _is_ok(client, f"/v1/traces/{trace_id}"):
                    missing.discard(trace_id)
    return len(trace_ids) - len(missing)


async def _is_ok(client: aiohttp.ClientSession, path: str) -> bool:
    try:
        async with client.get(path) as answer:
            return answer.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError):
        return False


if __name__ == "__main__":
    main()
