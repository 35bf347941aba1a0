"""Whether an instance stays as it is: `python -m benchmarks.soak [--minutes N] [--per-second N]`.

An instance of its own is asked at a steady rate, and looked at every few seconds: the memory that each kind
of process has for itself, open files, connections to PostgreSQL, and the folders of its state. What it prints
is the curve, and for each column how much a straight line through it grows, the warm-up left out. What grows
by less than a twentieth, or by less than the noise of a few more requests in flight, is flat. The database
grows with its traces, so it is told in bytes a trace.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.faults.load import Load
from benchmarks.faults.site import Site, running_site

EVERY_SECONDS = 5.0
WARM_UP_SHARE = 0.25
ROWS = 12
MAX_GROWTH = 0.05
_MB = 1024**2
# Kinds of processes by words of their names and command lines; the first that fits counts.
PROCESSES = {
    "large prompts": "large prompts",
    "web": "optimizer_app.instance.web",
    "recorder": "manage.py recorder",
    "worker": "worker --queues ingest",
    "precompression": "worker --queues precompression",
    "beat": "config beat",
    "embedding": "manage.py embedding",
    "supervisor": "manage.py up",
    "valkey": "valkey-server",
    "postgres": "postgres",
}
FOLDERS = {"WAL": "postgres/data/pg_wal", "journal": "journal", "logs": "logs", "valkey's file": "valkey"}
# What may come and go with a few requests more: MB of memory and disk, files, connections.
NOISE = {"memory": 10.0, "disk": 40.0, "files": 10.0, "connections": 4.0}


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at an instance: `values` by kind and name, and the requests that were answered by then."""

    seconds: float
    values: Mapping[tuple[str, str], float]
    answered: int
    database_bytes: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--per-second", type=float, default=20.0)
    asked = parser.parse_args()
    with running_site("plain") as site:
        load, samples = asyncio.run(_soak(site, asked.per_second, asked.minutes * 60))
    failed = sum(each.failed for each in load.ended)
    waits = sorted(each.seconds for each in load.ended)
    print(f"{len(load.ended)} requests at {asked.per_second:g} a second, {failed} failed.", end=" ")
    print(f"p50 {1000 * waits[len(waits) // 2]:.0f} ms, p99 {1000 * waits[int(0.99 * len(waits))]:.0f} ms.\n")
    _print_curve(samples)
    _print_growth([each for each in samples if each.seconds >= WARM_UP_SHARE * asked.minutes * 60])


async def _soak(site: Site, per_second: float, seconds: float) -> tuple[Load, list[Sample]]:
    load = Load(site.instance.url, site.instance.key, per_second)
    samples = []
    async with load.running():
        while load.now < seconds:
            await asyncio.sleep(EVERY_SECONDS)
            answered = sum(not each.failed for each in load.ended)
            values = await asyncio.to_thread(_values, site)
            database = await asyncio.to_thread(_size, site.folder / "postgres/data/base")
            samples.append(Sample(load.now, values, answered, database))
            # The receiver and the providers would keep all that they got.
            site.receiver.events.clear()
            for server in (site.provider, site.slow_provider, site.receiver):
                server.requests.clear()
    return load, samples


def _values(site: Site) -> dict[tuple[str, str], float]:
    memory = dict.fromkeys(PROCESSES, 0.0)
    files = connections = 0
    for process in [site.supervisor, *site.supervisor.children(recursive=True)]:
        with suppress(psutil.Error, OSError):
            kind = _kind(" ".join([process.name(), *process.cmdline()]))
            if kind is None:
                continue
            memory[kind] += process.memory_full_info().uss / _MB
            files += 0 if kind == "postgres" else process.num_fds()
            connections += "127.0.0.1(" in " ".join(process.cmdline())
    disk = {name: _size(site.folder / path) / _MB for name, path in FOLDERS.items()}
    return {
        **{("memory", name): value for name, value in memory.items()},
        **{("disk", name): value for name, value in disk.items()},
        ("files", "files"): files,
        ("connections", "connections"): connections,
    }


def _kind(line: str) -> str | None:
    return next((name for name, words in PROCESSES.items() if words in line), None)


def _size(folder: Path) -> float:
    """Bytes on the disk of all files below; those that go meanwhile count for nothing."""
    total = 0
    for top, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(top, name)).st_blocks * 512
    return total


def _print_curve(samples: Sequence[Sample]) -> None:
    columns = list(samples[0].values)
    print("Memory and disk in MB; each row is the median of its time.\n")
    print("| minute | " + " | ".join(name for _, name in columns) + " | database |")
    print("| ---: |" + " ---: |" * (len(columns) + 1))
    for part in np.array_split(np.arange(len(samples)), min(ROWS, len(samples))):
        of_part = [samples[at] for at in part]
        medians = [np.median([each.values[column] for each in of_part]) for column in columns]
        database = np.median([each.database_bytes for each in of_part]) / _MB
        cells = " | ".join(f"{value:.0f}" for value in (*medians, database))
        print(f"| {of_part[-1].seconds / 60:.1f} | {cells} |")


def _print_growth(samples: Sequence[Sample]) -> None:
    minutes = (samples[-1].seconds - samples[0].seconds) / 60
    print(f"\n| in the last {minutes:.0f} minutes | mean | growth | |")
    print("| --- | ---: | ---: | --- |")
    for kind, name in samples[0].values:
        series = np.array([each.values[kind, name] for each in samples])
        grown = _growth(samples, series)
        is_flat = grown < max(MAX_GROWTH * float(series.mean()), NOISE[kind])
        print(f"| {name} | {series.mean():.0f} | {grown:+.1f} | {'flat' if is_flat else 'grows'} |")
    traces = samples[-1].answered - samples[0].answered
    grown = _growth(samples, np.array([each.database_bytes for each in samples]))
    print(f"\nThe database grew by {grown / traces:.0f} bytes for each of {traces} traces.")


def _growth(samples: Sequence[Sample], series: np.ndarray) -> float:
    """How much a straight line through the series grows from its first to its last sample."""
    seconds = np.array([each.seconds for each in samples])
    slope = np.polyfit(seconds, series, 1)[0]
    return float(slope * (seconds[-1] - seconds[0]))


if __name__ == "__main__":
    main()
