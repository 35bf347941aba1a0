"""Rows that one worker holds for a time: where it dies, the lease passes and another one takes the row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)


# No lease may be longer.
MAX_LEASE = timedelta(minutes=20)


def is_free(now: datetime) -> models.Q:
    """Rows that no worker holds. One that ends later than any can is from before the clock was set back."""
    free = models.Q(leased_until=None) | models.Q(leased_until__lt=now)
    return free | models.Q(leased_until__gt=now + MAX_LEASE)


def lease(due: models.QuerySet[Row], duration: timedelta, **changes: Any) -> list[Row]:
    """Hold the rows of a query for `duration`, those alone that no other worker is taking at this moment.

    `changes` are stored with the lease, and the rows returned have them.
    """
    values = {**changes, "leased_until": timezone.now() + duration}
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True, of=("self",)))
        due.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(**values)
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    return rows
