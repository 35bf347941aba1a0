"""Ids of traces that came at a certain time."""

from __future__ import annotations

import uuid
from datetime import datetime

from optimizer_app.trace_ids import first_id_at


def id_at(moment: datetime) -> uuid.UUID:
    return uuid.UUID(int=first_id_at(moment).int | uuid.uuid4().int >> 64)
