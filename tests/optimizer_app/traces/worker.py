"""A process that records requests, for tests that kill it.

    python -m tests.optimizer_app.traces.worker MODE FOLDER PROJECT

For every line on its input it records a request and prints the trace's id. At the end of the input it stops
as a worker does. MODE is `recorder`; `journal`, which only writes and never stores; or `unremoved`, which
prints `stored` and hangs once a segment is stored and before it is removed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django


async def main(mode: str, directory: Path, project_id: str) -> None:
    from optimizer_app.traces.journal.recorder import Recorder
    from optimizer_app.traces.journal.segments import SegmentJournal

    if mode == "journal":
        journal = SegmentJournal(directory)
        await record_each(lambda record: journal.append(record.as_line()), project_id)
        return
    if mode == "unremoved":
        SegmentJournal.drained = hang  # type: ignore[method-assign, assignment]
    async with Recorder(directory) as recorder:
        await record_each(recorder.append, project_id)


async def record_each(append: Callable, project_id: str) -> None:  # type: ignore[type-arg]
    from tests.optimizer_app.traces.records import new_record

    while await asyncio.to_thread(sys.stdin.readline):
        record = new_record(project_id)
        append(record)
        print(record.id, flush=True)


def hang(*_: object) -> None:
    print("stored", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    django.setup()
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
