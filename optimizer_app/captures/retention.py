"""Texts deleted by age, and the oldest ones of a project that holds too much."""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from optimizer_app.models import Capture

# Encrypted, some 50,000 requests of 10,000 tokens.
MAX_BYTES_PER_PROJECT = 2_000_000_000
CROWDED_OUT = "newer texts of the project took its place"

_OVERSIZE = """
    UPDATE optimizer_app_capture SET sealed = '', size_bytes = 0, reason = %s WHERE id IN (
        SELECT id FROM (
            SELECT id, sum(size_bytes) OVER (PARTITION BY project_id ORDER BY id DESC) AS bytes
            FROM optimizer_app_capture WHERE size_bytes > 0
        ) AS sized
        WHERE bytes > %s
    )
"""


def drop_expired() -> int:
    """Delete what has expired, and what is too much; returns how many requests lost their texts."""
    expired = Capture.objects.filter(expires_at__lte=timezone.now()).delete()[0]
    with connection.cursor() as cursor:
        cursor.execute(_OVERSIZE, [CROWDED_OUT, MAX_BYTES_PER_PROJECT])
        return expired + cursor.rowcount
