"""Faults under steady load: `python -m benchmarks.faults [NAME ...] [--per-second N] [--seconds N]`.

Instances of their own, with providers and a receiver of events, meet one fault after another. For each: the
requests that failed, and how; when the last of them had been sent; when `/readyz` said no and yes again; how
many traces of answered requests are stored afterwards, how many of their events came once, and how many more
than once. NAME is a part of a fault's name. The full disk needs root, and the clock gcc.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.faults.harm import FAULTS, Fault
from benchmarks.faults.load import CHAT, STORED_WITHIN_SECONDS, Ended, Load, stored
from benchmarks.faults.readiness import Readiness
from benchmarks.faults.site import CannotBeBuilt, Site, running_site

# The background processes start when the instance is up, and take the cores for some seconds.
SETTLE_SECONDS = 20.0
BEFORE_SECONDS = 5.0
COLUMNS = (
    "fault",
    "requests",
    "failed",
    "failed, %",
    "how",
    "last failure, s",
    "`/readyz`: no, s",
    "yes again, s",
    "traces, %",
    "events once, %",
    "twice",
    "p99, s",
    "longest, s",
)


def main() -> None:
    asked = _arguments()
    faults = [fault for fault in FAULTS if not asked.names or _is_named(fault.name, asked.names)]
    print(f"{asked.per_second:g} requests a second; seconds count from the fault.\n")
    print("| " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " ---: |" * (len(COLUMNS) - 1))
    for kind in dict.fromkeys(fault.kind for fault in faults):
        try:
            with running_site(kind) as site:
                time.sleep(SETTLE_SECONDS)
                _meet([fault for fault in faults if fault.kind == kind], site, asked)
        except CannotBeBuilt as error:
            print(f"| {kind} | not tried: {error} |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--per-second", type=float, default=20.0)
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="how long the load goes on after the fault is over"
    )
    return parser.parse_args()


def _is_named(name: str, parts: Sequence[str]) -> bool:
    return any(part.lower() in name.lower() for part in parts)


def _meet(faults: Iterable[Fault], site: Site, asked: argparse.Namespace) -> None:
    for fault in faults:
        row = asyncio.run(_met(site, fault, asked.per_second, asked.seconds))
        print(f"| {fault.name} | {' | '.join(row)} |", flush=True)


async def _met(site: Site, fault: Fault, per_second: float, seconds: float) -> list[str]:
    load = Load(site.instance.url, site.instance.key, per_second)
    readiness = Readiness(site.instance.url, lambda: load.now)
    async with load.running(), readiness.watched():
        await asyncio.sleep(BEFORE_SECONDS)
        fault_at = load.now
        await asyncio.to_thread(fault.harm, site)
        await asyncio.sleep(seconds)
    failed = [each for each in load.ended if each.failed]
    answered = {each.trace_id for each in load.ended if not each.failed}
    kept = await stored(load, answered)
    once, more = await asyncio.to_thread(_delivered, site, answered)
    no, yes = readiness.no_and_yes(fault_at)
    waits = sorted(each.seconds for each in load.ended if each.path == CHAT)
    return [
        str(len(load.ended)),
        str(len(failed)),
        f"{100 * len(failed) / len(load.ended):.2f}",
        _how(failed),
        _since(fault_at, max((each.sent_at for each in failed), default=None)),
        _since(fault_at, no),
        _since(fault_at, yes) if fault.unready or no is not None else "-",
        f"{100 * kept / len(answered):.2f}",
        f"{100 * once / len(answered):.2f}",
        str(more),
        f"{waits[int(0.99 * len(waits))]:.2f}",
        f"{waits[-1]:.2f}",
    ]


def _how(failed: Sequence[Ended]) -> str:
    """The statuses of failed requests; those without one were broken off."""
    counts = Counter(str(each.status) if each.status else "broken off" for each in failed)
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "-"


def _since(fault_at: float, moment: float | None) -> str:
    return "-" if moment is None else f"{moment - fault_at:.1f}"


def _delivered(site: Site, trace_ids: set[str]) -> tuple[int, int]:
    """Of how many of these traces all events came once, and how many events came more than once."""
    give_up_at = time.monotonic() + STORED_WITHIN_SECONDS
    while True:
        times = Counter((event["trace_id"], event["event_id"]) for event in list(site.receiver.events))
        of_these = {key: count for key, count in times.items() if key[0] in trace_ids}
        came = {trace_id for trace_id, _ in of_these}
        if came == trace_ids or time.monotonic() > give_up_at:
            again = {key[0] for key, count in of_these.items() if count > 1}
            return len(came - again), sum(count - 1 for count in of_these.values())
        time.sleep(0.5)


if __name__ == "__main__":
    main()
