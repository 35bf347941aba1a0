"""How long compressions are kept: while they are used, and within a size for each project."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from optimizer_app.models import AheadCompression, AheadHour

UNUSED_FOR = timedelta(days=7)
# So long a failure is told, and its text not tried again.
FAILED_FOR = timedelta(days=1)
COUNTED_FOR = timedelta(days=31)
# Some 20,000 blocks of 300 tokens.
MAX_BYTES_A_PROJECT = 32_000_000

_OVERSIZE = """
    DELETE FROM optimizer_app_aheadcompression WHERE id IN (
        SELECT id FROM (
            SELECT id, sum(octet_length(result)) OVER (
                PARTITION BY project_id ORDER BY coalesce(last_used_at, finished_at) DESC, id DESC
            ) AS bytes
            FROM optimizer_app_aheadcompression WHERE result IS NOT NULL
        ) AS sized
        WHERE bytes > %s
    )
"""


def drop_unused() -> int:
    """Drop what nobody used for long, what is too much, and old counts; how many compressions went."""
    now = timezone.now()
    used = Coalesce("last_used_at", "finished_at")
    unused = AheadCompression.objects.alias(used=used).filter(used__lt=now - UNUSED_FOR)
    failed = Q(state=AheadCompression.State.FAILED, finished_at__lt=now - FAILED_FOR)
    gone = unused.delete()[0] + AheadCompression.objects.filter(failed).delete()[0]
    AheadHour.objects.filter(hour__lt=now - COUNTED_FOR).delete()
    with connection.cursor() as cursor:
        cursor.execute(_OVERSIZE, [MAX_BYTES_A_PROJECT])
        return gone + cursor.rowcount
