"""The journal, from which traces are stored, the traces, and the outbox, from which events are sent."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Min, Q

from optimizer_app.events.delivery import waiting_deliveries
from optimizer_app.models import EventDestination, Project
from optimizer_app.outgoing import host_of
from optimizer_app.system.part import Fact, Part, Problem, bounded_cursor
from optimizer_app.traces.journal.recorder import MAX_JOURNAL_BYTES
from optimizer_app.traces.journal.segments import REJECTED, SUFFIX
from optimizer_app.traces.partitions import TABLE

# What is written to the journal is stored within a second.
_STUCK_AFTER_SECONDS = 60.0
_MANY_ATTEMPTS = 3
# Empty partitions take some pages, too, and are left out.
_TRACES = """
    SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint,
           coalesce(sum(reltuples), 0)::bigint,
           count(*)
    FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE inhparent = %s::regclass AND reltuples > 0
"""


def journal() -> Part:
    """Finished requests on the disk that are no traces yet."""
    folder: Path = settings.JOURNAL_DIR
    waiting = [found for path in folder.glob(f"*{SUFFIX}") if (found := _stat(path)) and found.st_size]
    rejected = sum(_lines(path) for path in (folder / REJECTED).glob(f"*{SUFFIX}"))
    size = sum(found.st_size for found in waiting)
    facts = (
        Fact("waiting", size, "bytes"),
        Fact("set aside", rejected, "count"),
        Fact("in", str(folder)),
    )
    stuck = any(time.time() - found.st_mtime > _STUCK_AFTER_SECONDS for found in waiting)
    problem = _unwritable(folder) or _nearly_full(size) or _stuck(stuck) or _set_aside(folder, rejected)
    return Part("Journal", facts, problem)


def traces() -> Part:
    """The stored ones, and what each takes of the disk with its indexes. PostgreSQL estimates how many."""
    with bounded_cursor() as cursor:
        cursor.execute(_TRACES, [TABLE])
        size, rows, days = cursor.fetchone()
    kept = settings.TRACE_RETENTION_DAYS
    facts = (
        Fact("size", size or None, "bytes"),
        Fact("stored, by estimate", rows or None, "count"),
        Fact("each", size // rows if rows else None, "bytes"),
        Fact(f"day{'' if days == 1 else 's'} with traces", days or None, "count"),
        Fact("kept for", f"{kept} days" if kept else "ever"),
    )
    return Part("Traces", facts)


def outbox() -> Part:
    """Events that a receiver has not taken yet."""
    with bounded_cursor():
        found = waiting_deliveries().aggregate(
            count=Count("pk"),
            oldest=Min("event__created_at"),
            failing=Count("pk", filter=Q(attempts__gte=_MANY_ATTEMPTS)),
        )
        own = Project.objects.exclude(analytics_url="").count()
        failed = EventDestination.objects.filter(failures__gt=0).order_by("next_try_at").first()
    facts = (
        Fact("receiver", host_of(settings.ANALYTICS_URL) or None),
        Fact(f"project{'' if own == 1 else 's'} with a receiver of their own", own or None, "count"),
        Fact("waiting", found["count"], "count"),
        Fact("the first came", found["oldest"], "moment"),
    )
    problem = _failing(found["failing"], failed.last_error if failed else "")
    used = settings.ANALYTICS_URL or own or found["count"]
    return Part("Outbox of events", facts, problem, off=not used)


def _unwritable(folder: Path) -> Problem | None:
    if not folder.exists() or os.access(folder, os.W_OK):
        return None
    return Problem(
        "The folder cannot be written",
        "Requests are served; their traces are held in memory, and lost when a worker ends.",
        f"Give the user of this process the right to write into {folder}.",
    )


def _nearly_full(size: int) -> Problem | None:
    if size < MAX_JOURNAL_BYTES / 2:
        return None
    return Problem(
        "The journal is nearly full",
        f"Traces of a worker that has {MAX_JOURNAL_BYTES // 1024**3} GB of them waiting are lost.",
        f"Bring PostgreSQL back; recorder.log in {settings.LOG_DIR} says what is wrong.",
    )


def _stuck(stuck: bool) -> Problem | None:
    if not stuck:
        return None
    return Problem(
        "Finished requests have been waiting for more than a minute",
        "They are on the disk, and appear on the pages once they are stored.",
        f"recorder.log in {settings.LOG_DIR} says why, or the logs of the web workers: look for traces_wait.",
    )


def _set_aside(folder: Path, count: int) -> Problem | None:
    if not count:
        return None
    return Problem(
        f"{count} record{'s' if count > 1 else ''} could not be stored",
        "So many requests have no trace; they were served all the same.",
        f"Look for journal_line_rejected in the logs; then remove the files in {folder / REJECTED}.",
        grave=False,
    )


def _failing(count: int, error: str) -> Problem | None:
    if not count:
        return None
    return Problem(
        f"{count} event{'s were' if count > 1 else ' was'} refused again and again"
        + (f" ({error})" if error else ""),
        "They stay here and are tried at least every ten minutes; requests are not held up.",
        "See that the receiver runs and takes POST requests of this instance.",
        grave=False,
    )


def _stat(path: Path) -> os.stat_result | None:
    """None for a segment that was stored meanwhile."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)
