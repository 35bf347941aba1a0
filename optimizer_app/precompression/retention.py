"""Drops precompressions that are not used, and those beyond a project's size."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from optimizer_app.models import Precompression, PrecompressionHour

UNUSED_FOR = timedelta(days=7)
# A failure is shown for this time, and its text not tried again.
FAILED_FOR = timedelta(days=1)
COUNTED_FOR = timedelta(days=31)
# Some 20,000 blocks of 300 tokens.
MAX_BYTES_PER_PROJECT = 32_000_000

_OVERSIZE = """
    DELETE FROM optimizer_app_precompression WHERE id IN (
        SELECT id FROM (
            SELECT id, sum(octet_length(result)) OVER (
                PARTITION BY project_id ORDER BY coalesce(last_used_at, finished_at) DESC, id DESC
            ) AS bytes
            FROM optimizer_app_precompression WHERE result IS NOT NULL
        ) AS sized
        WHERE bytes > %s
    )
"""


def drop_unused() -> int:
    """Drop unused, failed and oversize rows, and old counts; returns how many precompressions went."""
    now = timezone.now()
    used = Coalesce("last_used_at", "finished_at")
    unused = Precompression.objects.alias(used=used).filter(used__lt=now - UNUSED_FOR)
    failed = Q(state=Precompression.State.FAILED, finished_at__lt=now - FAILED_FOR)
    dropped = unused.delete()[0] + Precompression.objects.filter(failed).delete()[0]
    PrecompressionHour.objects.filter(hour__lt=now - COUNTED_FOR).delete()
    with connection.cursor() as cursor:
        cursor.execute(_OVERSIZE, [MAX_BYTES_PER_PROJECT])
        return dropped + cursor.rowcount
