"""Asks each page for its first byte, as a signed-in superuser would."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from optimizer_app.models import RequestTrace, RollupMark, TraceRollup
from optimizer_app.rollups.rolling import roll_up_all
from optimizer_app.rollups.spans import QUARTER, span_start
from optimizer_app.trace_ids import made_at


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
    return f"{TraceRollup.objects.count():,} rows of rollups; the database takes {size}"


def pages(runs: int) -> Iterator[tuple[str, list[float]]]:
    """Each page's name and the milliseconds of each run, after one that warms up."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("pages"))
    for path in _paths():
        _first_byte_ms(client, path)
        yield path, [_first_byte_ms(client, path) for _ in range(runs)]


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


def _first_byte_ms(client: Client, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    if answer.streaming:
        next(iter(answer))
    else:
        answer.content  # noqa: B018
    return (time.perf_counter() - began) * 1000
