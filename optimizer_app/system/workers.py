"""The web workers, and the background workers with their queues."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import redis
from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from optimizer_app.background.heartbeat import SCHEDULE, last_seen
from optimizer_app.background.valkey import valkey_client
from optimizer_app.child_processes import running
from optimizer_app.ingest.turns import embedded_a_second
from optimizer_app.models import Document, Precompression
from optimizer_app.system.part import Fact, Part, Problem, bounded_cursor

PRECOMPRESSION = "precompression"
_BACKGROUND = ("ingest", "delivery", "upkeep")
# The schedule asks every few seconds; one text may take the precompression worker minutes.
_SILENT_AFTER = timedelta(minutes=1)
_PRECOMPRESSION_SILENT_AFTER = timedelta(minutes=30)
# The schedule asks for the first time half a minute after its own start.
_STARTING = timedelta(minutes=2)
_DOCUMENT_WAITS_LONG = timedelta(minutes=15)


def web_workers() -> Part:
    """Those that `bin/up` started on this machine; elsewhere this one alone is known."""
    found = {name: process for name, process in running(settings.STATE_DIR / "run").items() if _is_web(name)}
    if not found:
        return Part("Web workers", (Fact("this one since", _started(), "moment"),))
    memory = sum(process.memory_info().rss for process in found.values())
    facts = (
        Fact(f"of {settings.WEB_CONCURRENCY} run", len(found), "count"),
        Fact("memory", memory, "bytes"),
    )
    return Part("Web workers", facts, _missing(len(found)))


def _is_web(name: str) -> bool:
    return name.startswith("web-")


def _missing(count: int) -> Problem | None:
    if count >= settings.WEB_CONCURRENCY:
        return None
    return Problem(
        f"{count} of {settings.WEB_CONCURRENCY} run",
        "Requests are served by those that are left, and wait longer.",
        f"{settings.START_COMMAND} starts each again by itself; "
        f"its log in {settings.LOG_DIR} says why it ended.",
        grave=False,
    )


def background_worker() -> Part:
    """Documents, deliveries and upkeep."""
    name = "Background worker"
    try:
        seen, waiting = _queues()
    except (redis.RedisError, OSError):
        return Part(name, problem=_unknown())
    newest = max((moment for queue, moment in seen.items() if queue in _BACKGROUND), default=None)
    oldest, rate = _documents()
    facts = (
        Fact("took a task", newest, "moment"),
        Fact("oldest document waits since", oldest, "moment"),
        Fact("passages embedded a second", None if rate is None else f"{rate:.1f}"),
        *(Fact(f"queued for {queue}", count, "count") for queue, count in waiting if queue != PRECOMPRESSION),
    )
    return Part(name, facts, _silence(newest, _SILENT_AFTER, "celery-worker") or _long_wait(oldest))


def schedule() -> Part:
    """The one that queues tasks for all background workers, celery-beat."""
    try:
        seen = _queues()[0].get(SCHEDULE)
    except (redis.RedisError, OSError):
        return Part("Schedule", problem=_unknown())
    problem = None
    if _is_silent(seen, _SILENT_AFTER):
        problem = Problem(
            "Nobody queues the regular tasks",
            "Events are not sent, old traces not dropped, and documents read only as they come.",
            f"{settings.START_COMMAND} starts it; see {settings.LOG_DIR / 'celery-beat.log'}. "
            "Under docker compose: docker compose up --detach beat.",
        )
    return Part("Schedule", (Fact("was at it", seen, "moment"),), problem)


def precompression_worker() -> Part:
    """Texts that the next turns will want in fewer tokens."""
    name = "Precompression worker"
    try:
        seen, waiting = _queues()
    except (redis.RedisError, OSError):
        return Part(name, problem=_unknown())
    newest = seen.get(PRECOMPRESSION)
    with bounded_cursor():
        queued = Precompression.objects.filter(state=Precompression.State.QUEUED)
        oldest = queued.aggregate(oldest=Min("created_at"))["oldest"]
    facts = (
        Fact("took a task", newest, "moment"),
        Fact("oldest text waits since", oldest, "moment"),
        Fact("queued", dict(waiting)[PRECOMPRESSION], "count"),
    )
    problem = _silence(newest, _PRECOMPRESSION_SILENT_AFTER, "celery-precompression")
    return Part(name, facts, problem)


def _queues() -> tuple[Mapping[str, datetime], list[tuple[str, Any]]]:
    """When each queue was last seen by a worker, and how many tasks wait in each."""
    client = valkey_client()
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    try:
        return last_seen(client), [(name, client.llen(name)) for name in names]
    finally:
        client.close()


def _documents() -> tuple[datetime | None, float | None]:
    """Since when one waits, and how many passages are embedded in a second."""
    with bounded_cursor():
        oldest: datetime | None = Document.objects.unfinished().aggregate(oldest=Min("updated_at"))["oldest"]
        return oldest, embedded_a_second()


def _silence(seen: datetime | None, limit: timedelta, log_name: str) -> Problem | None:
    if not _is_silent(seen, limit):
        return None
    return Problem(
        "No worker takes its tasks" if seen else "No worker has taken a task yet",
        "Documents are not read and events not sent."
        if log_name == "celery-worker"
        else "Long conversations are compressed within their requests, while time is left, or not at all.",
        f"{settings.START_COMMAND} starts it together with its clock, celery-beat; "
        f"see {settings.LOG_DIR / log_name}.log. "
        "Under docker compose: docker compose up --detach worker precompression beat.",
    )


def _is_silent(seen: datetime | None, limit: timedelta) -> bool:
    """Whether it was not seen for so long; a moment to come is from before the clock was set back."""
    now = timezone.now()
    return _started() < now - _STARTING and (seen is None or abs(now - seen) > limit)


def _started() -> datetime:
    """When this process was started, and with it, as a rule, the others."""
    return datetime.fromtimestamp(psutil.Process().create_time(), UTC)


def _long_wait(oldest: datetime | None) -> Problem | None:
    if oldest is None or timezone.now() - oldest < _DOCUMENT_WAITS_LONG:
        return None
    return Problem(
        "A document has been waiting for long",
        "It cannot be found until it is read and embedded.",
        "The documents page names its step and its reason; without an embedding model it waits for one.",
        grave=False,
    )


def _unknown() -> Problem:
    return Problem(
        "Not known: Valkey, which has its queues, does not answer",
        "Background work waits until it does.",
        "See Valkey above.",
    )
