"""An older version becomes this one: `python -m benchmarks.upgrade COMMIT [--per-second N]`.

The older version serves a steady load on a state folder of its own. Beside it this version brings the
database up to date; then the older one is stopped by SIGTERM, and this one started on the same state. Printed
are the requests that failed in each of the three times, how long nobody answered, and how many traces of
answered requests are there in the end. COMMIT's code is taken from git, and runs with these packages.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.faults.load import Ended, Load, stored
from tests.optimizer_app.instance.whole.running_instance import PROJECT_ROOT, Instance, manage, start_instance

BEFORE_SECONDS = 15.0
BETWEEN_SECONDS = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit")
    parser.add_argument("--per-second", type=float, default=20.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="token-optimizer-upgrade-") as folder:
        top = Path(folder)
        top.chmod(0o755)
        _extract(asked.commit, top / "older")
        (top / "state").mkdir(mode=0o711)
        asyncio.run(_upgraded(top, asked.per_second))


def _extract(commit: str, folder: Path) -> None:
    packed = subprocess.run(["git", "archive", commit], cwd=PROJECT_ROOT, check=True, capture_output=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="tar")


async def _upgraded(top: Path, per_second: float) -> None:
    older = start_instance(top / "state", root=top / "older", WEB_CONCURRENCY="2")
    newer: Instance | None = None
    try:
        await asyncio.to_thread(older.wait_until_up)
        load = Load(older.url, older.key, per_second)
        async with load.running():
            await asyncio.sleep(BEFORE_SECONDS)
            began, seconds = load.now, await asyncio.to_thread(_migrate, top)
            await asyncio.sleep(BETWEEN_SECONDS)
            stopped = load.now
            older.process.terminate()
            await asyncio.to_thread(older.process.wait)
            gone = load.now
            newer = start_instance(top / "state", PORT=str(older.port), WEB_CONCURRENCY="2")
            await asyncio.to_thread(newer.wait_until_up)
            started = load.now
            await asyncio.sleep(BETWEEN_SECONDS)
        print(f"Brought up to date beside it in {seconds:.1f} s.")
        print(f"Stopped in {gone - stopped:.1f} s; this one was up after {started - gone:.1f} s.")
        _print_failures("while the older version served", load.ended, began, stopped)
        _print_failures("while it stopped and this one started", load.ended, stopped, started)
        _print_failures("afterwards", load.ended, started, load.now)
        answered = {each.trace_id for each in load.ended if not each.failed}
        print(f"Traces: {await stored(load, answered)} of {len(answered)} answered requests.")
    finally:
        for instance in (older, newer):
            if instance is not None:
                instance.process.terminate()
                instance.process.wait()


def _migrate(top: Path) -> float:
    began = time.monotonic()
    manage("prepare", state_dir=top / "state", OPTIMIZER_STATIC_ROOT=str(top / "static"))
    return time.monotonic() - began


def _print_failures(when: str, ended: Sequence[Ended], since: float, until: float) -> None:
    those = [each for each in ended if since <= each.sent_at < until]
    failed = [each for each in those if each.failed]
    span = f", all within {failed[-1].sent_at - failed[0].sent_at:.1f} s" if failed else ""
    print(f"Failed {when}: {len(failed)} of {len(those)}{span}.")


if __name__ == "__main__":
    main()
