"""What the gateway costs beside a bare pass-through: `python -m benchmarks.gateway --tools FOLDER`.

FOLDER holds `bare_proxy.py`, `load.py` and `mock_provider.py`. A pass-through that does nothing else and an
instance of its own (one web worker, keys, limits and traces on) are asked in turns, each on one core, all
else on another. What it prints is the CPU of the server for each request, its optimizer process included,
beside that of the bare one; the time to the first byte of streams; what small requests wait while large
prompts come that nobody sent before; and the worker's memory over many requests.

The next turn of an agent is a request that was sent before with what came since. Where a request is asked
anew, all but its question was sent before.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.servers.load import Outcome, Target, command, run_load
from benchmarks.servers.pinned import OTHER_CORE, bare_proxy, cpu_seconds, memory_mb, mock_provider
from benchmarks.servers.product import Product, running_product
from benchmarks.servers.turns import Conversations, send_turns

SIZES = ("small", "8k")
AT_ONCE = 8
# Cold prompts in a run: each is sent once.
COLD_PROMPTS = 150
MEMORY_REQUESTS = 10_000
_AT_WORK_SECONDS = 0.5
_PARTS = ("cpu", "turns", "streams", "cold", "memory")
_OFF = {"x-optimizer-mode": "off"}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside the bare one, and how many times that it may be; no bound where `at_most` is None."""

    name: str
    bare: float
    ours: float
    unit: str
    at_most: float | None = None

    @property
    def times(self) -> float:
        return self.ours / self.bare if self.bare else 0.0


class Bench:
    """All servers, and how they are asked."""

    def __init__(self, tools: Path, seconds: float, rounds: int, targets: Mapping[str, Target]) -> None:
        self._tools = tools
        self._seconds = seconds
        self._rounds = rounds
        self._targets = targets
        self.failed = 0
        self.sent = 0

    def in_turns(self, body: str, names: tuple[str, ...], **options: object) -> dict[str, list[Outcome]]:
        """The outcomes of each server, asked one after the other in every round."""
        found: dict[str, list[Outcome]] = {name: [] for name in names}
        for name in names:
            # What the first requests load is no cost of one.
            self.run(name, body, 2.0, **options)
        for _ in range(self._rounds):
            for name in names:
                found[name].append(self.run(name, body, self._seconds, **options))
        return found

    def run(self, name: str, body: str, seconds: float, **options: object) -> Outcome:
        outcome = run_load(self._tools, self._targets[name], body, seconds, **options)
        self.failed += outcome.errors
        self.sent += outcome.requests
        return outcome

    def next_turns(self, name: str, first_seed: int) -> list[Outcome]:
        """The outcomes of the next turns of conversations that nobody else sends."""
        turns = Conversations(self._tools, first_seed).bodies()
        outcomes = asyncio.run(send_turns(self._targets[name], turns, AT_ONCE))
        self.failed += sum(each.errors for each in outcomes)
        self.sent += sum(each.requests for each in outcomes)
        return outcomes

    @contextmanager
    def cold_prompts(self, name: str) -> Iterator[None]:
        """Prompts of 60k tokens, two at a time, for the length of a block."""
        target = self._targets[name]
        line = command(self._tools, target, "60k", 120, pool=COLD_PROMPTS, concurrency=2)
        began = cpu_seconds(target.processes)
        process = subprocess.Popen(line, cwd=self._tools, stdout=subprocess.DEVNULL)
        try:
            # They are made first, which takes a while.
            while cpu_seconds(target.processes) < began + _AT_WORK_SECONDS:
                time.sleep(0.1)
            yield
        finally:
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tools", type=Path, required=True, help="the folder of the load generator")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", choices=("cpu", "turns", "streams", "cold", "memory"), help="one part of it"
    )
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    rows, notes = _measured(asked)
    _print(rows, notes, markdown=asked.markdown)


def _measured(asked: argparse.Namespace) -> tuple[list[Row], list[str]]:
    tools = asked.tools.resolve()
    os.sched_setaffinity(0, {OTHER_CORE})
    with ExitStack() as stack:
        upstream = stack.enter_context(mock_provider(tools))
        bare_url, bare = stack.enter_context(bare_proxy(tools, upstream))
        product = stack.enter_context(running_product(upstream))
        targets = _targets(upstream, Target(bare_url, processes=[bare]), product)
        bench = Bench(tools, asked.seconds, asked.rounds, targets)
        parts = {
            "cpu": _cpu,
            "turns": _turns,
            "streams": _streams,
            "cold": _cold,
            "memory": lambda b: _memory(b, product),
        }
        rows = [row for name, part in parts.items() if asked.only in (None, name) for row in part(bench)]
        return rows, [f"{bench.sent} requests, {bench.failed} failed."]


def _targets(upstream: str, bare: Target, product: Product) -> dict[str, Target]:
    ours = [product.worker, *product.optimizer]
    return {
        "direct": Target(upstream),
        "bare": bare,
        "off": Target(product.url, product.key, _OFF, ours, product.recorder),
        "on": Target(product.url, product.key, {}, ours, product.recorder),
    }


def _cpu(bench: Bench) -> Iterator[Row]:
    bounds = {("off", "small"): 2.5, ("off", "8k"): 2.5}
    for body in SIZES:
        found = bench.in_turns(body, ("bare", "off", "on"), concurrency=AT_ONCE)
        bare = median(each.cpu_ms for each in found["bare"])
        for name in ("off", "on"):
            ours = median(each.cpu_ms for each in found[name])
            asked = " asked anew" if (name, body) == ("on", "8k") else ""
            yield Row(f"CPU, {name}, {body}{asked}", bare, ours, "ms", bounds.get((name, body)))
        for name in ("off", "on"):
            beside = median(each.cpu_beside_ms for each in found[name])
            yield Row(f"CPU beside the path, {name}, {body}", bare, beside, "ms")
        for name in ("off", "on"):
            waits = [median(each.p50_ms for each in found[which]) for which in ("bare", name)]
            yield Row(f"p50 of {AT_ONCE} at a time, {name}, {body}", *waits, "ms")


def _turns(bench: Bench) -> Iterator[Row]:
    found = {name: bench.next_turns(name, seed) for name, seed in (("bare", 10_000), ("on", 20_000))}
    bare, ours = (median(each.cpu_ms for each in found[name]) for name in ("bare", "on"))
    yield Row("CPU, on, next turn of an agent at 8k", bare, ours, "ms", 5.0)
    waits = [median(each.p50_ms for each in found[name]) for name in ("bare", "on")]
    yield Row(f"p50 of {AT_ONCE} at a time, on, next turn at 8k", *waits, "ms")


def _streams(bench: Bench) -> Iterator[Row]:
    for body in SIZES:
        found = bench.in_turns(body, ("direct", "bare", "off", "on"), stream=True)
        first = {name: median(each.first_byte_ms for each in of) for name, of in found.items()}
        added = {name: first[name] - first["direct"] for name in first}
        for name in ("off", "on"):
            yield Row(f"first byte of a stream added, {name}, {body}", added["bare"], added[name], "ms", 3.0)


def _cold(bench: Bench) -> Iterator[Row]:
    alone = bench.in_turns("small", ("on",), concurrency=1)["on"]
    with bench.cold_prompts("on"):
        beside = bench.in_turns("small", ("on",), concurrency=1)["on"]
    waits = [median(each.p99_ms for each in runs) for runs in (alone, beside)]
    yield Row("p99, small, while cold prompts of 60k run, beside none", *waits, "ms", 3.0)


def _memory(bench: Bench, product: Product) -> Iterator[Row]:
    """From the first thousand requests on, which load what all need."""
    _send(bench, 1_000)
    before = memory_mb(product.worker)
    _send(bench, MEMORY_REQUESTS)
    after = memory_mb(product.worker)
    yield Row(f"memory after {MEMORY_REQUESTS:,} requests, beside before", before, after, "MB", 1.05)


def _send(bench: Bench, count: int) -> None:
    sent = 0
    while sent < count:
        for name, body in (("on", "small"), ("on", "8k"), ("off", "8k")):
            sent += bench.run(name, body, 2.0, concurrency=AT_ONCE).requests


def _print(rows: list[Row], notes: list[str], *, markdown: bool) -> None:
    head = ("", "bare", "ours", "times", "wanted")
    table = [head, *(_cells(row) for row in rows)]
    if markdown:
        table.insert(1, ("---", "---:", "---:", "---:", "---:"))
        lines = ["| " + " | ".join(cells) + " |" for cells in table]
    else:
        widths = [max(len(cells[at]) for cells in table) for at in range(len(head))]
        lines = [
            "  ".join(
                cell.ljust(width) if at == 0 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            for cells in table
        ]
    print("\n".join([*lines, "", *notes]))


def _cells(row: Row) -> tuple[str, ...]:
    wanted = "" if row.at_most is None else f"<= {row.at_most:g}"
    return (
        row.name,
        f"{row.bare:.2f} {row.unit}",
        f"{row.ours:.2f} {row.unit}",
        f"{row.times:.2f}",
        wanted,
    )


if __name__ == "__main__":
    main()
