"""Asks each page for its first byte, as a signed-in superuser would."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.test import AsyncClient, Client
from django.utils import timezone

from benchmarks.pages.browser import Opened, opened_pages
from benchmarks.pages.loading import add_large_request
from optimizer_app.models import CutRollup, RequestTrace, RollupMark, TraceRollup
from optimizer_app.rollups.rolling import roll_up_all
from optimizer_app.rollups.spans import QUARTER, span_start
from optimizer_app.trace_ids import made_at
from tests.servers.live_server import running_server

_PASSWORD = "a long pass phrase"

# How many blocks, in how many turns.
_LARGE = {
    "a request with 200 blocks": (200, 20),
    "with 2,000 blocks": (2_000, 40),
    "with 2,000 blocks in one turn": (2_000, 1),
}


def roll_up_everything() -> None:
    """Mark the quarters of all traces, as the recorder would have, roll them up, and gather statistics."""
    first = made_at(RequestTrace.objects.order_by("id").values_list("id", flat=True)[0])
    start, now = span_start(first, QUARTER), timezone.now()
    RollupMark.objects.bulk_create(
        RollupMark(start=start + QUARTER * number) for number in range((now - start) // QUARTER + 1)
    )
    roll_up_all(now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def sizes() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        (size,) = cursor.fetchone()
    rows = TraceRollup.objects.count() + CutRollup.objects.count()
    return f"{rows:,} rows of rollups; the database takes {size}"


def pages(runs: int) -> Iterator[tuple[str, list[float], float]]:
    """Each page's name, the milliseconds of each run, after one that warms up, and those of CPU time."""
    client = AsyncClient()
    client.force_login(_reader())
    for path in _paths():
        _first_byte_ms(client, path)
        yield path, [_first_byte_ms(client, path) for _ in range(runs)], _cpu_ms(path, runs)


def opened(runs: int) -> Iterator[tuple[str, Opened]]:
    """Each page as Chromium opens it, and requests with many blocks."""
    paths = [path for path in _paths() if ".csv" not in path and "/api/" not in path]
    names = {f"/requests/{add_large_request(*size).pk}": name for name, size in _LARGE.items()}
    reader = _reader()
    with running_server() as server:
        login = (reader.username, _PASSWORD)
        for path, found in opened_pages(server.url, login, [*paths, *names], runs):
            yield names.get(path, path), found


def _reader() -> User:
    found = User.objects.filter(username="pages").first()
    return found or User.objects.create_superuser("pages", password=_PASSWORD)


def _paths() -> list[str]:
    newest = RequestTrace.objects.order_by("-id")[0]
    older = RequestTrace.objects.order_by("-id").values_list("id", flat=True)[5_000]
    project = "project-1"
    overviews = [f"/?range={span}" for span in ("1h", "24h", "7d", "30d", "90d")]
    filters = (
        "model=gpt-4o",
        "flag=failed",
        "flag=negative",
        "status=error",
        "config=safe&version=1",
        "tag=nightly",
    )
    return [
        *overviews,
        f"/?range=90d&project={project}",
        "/?range=90d&model=gpt-4o&config=balanced",
        "/overview.csv?range=90d",
        "/requests",
        "/requests?range=90d",
        f"/requests?range=90d&after={older}",
        "/requests?range=90d&sort=oldest",
        *(f"/requests?range=90d&{chosen}" for chosen in filters),
        f"/requests?range=90d&q={str(newest.pk)[:13]}",
        "/requests.csv?range=90d",
        f"/requests/{newest.pk}",
        "/blocks?range=90d",
        "/blocks/cut?range=90d&rule=logs&kind=log",
        "/configs",
        "/projects?range=90d",
        "/providers?range=90d",
        "/prices",
        "/api/traces/?limit=50",
    ]


def _cpu_ms(path: str, runs: int) -> float:
    """What the page and its database process work for it: the same on a busy machine as on an idle one. What
    is streamed is not read. Answers are not closed, as that would close the connection."""
    client = Client()
    client.force_login(_reader())
    client.get(path)
    database = psutil.Process(connection.connection.info.backend_pid)
    began = time.process_time() + sum(database.cpu_times()[:2])
    for _ in range(runs):
        client.get(path)
    return (time.process_time() + sum(database.cpu_times()[:2]) - began) * 1000 / runs


@async_to_sync
async def _first_byte_ms(client: AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    if answer.streaming:
        await anext(aiter(answer))
    taken = (time.perf_counter() - began) * 1000
    await sync_to_async(answer.close)()
    return taken
