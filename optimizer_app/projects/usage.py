"""What requests came by each project, and what they saved."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q

from optimizer_app.models import ApiKey
from optimizer_app.rollups.reading import Selection, Stretch, sums

_MEASURES = ("requests", "priced", "net_usd", "tokens_before", "tokens_after")


@dataclass(frozen=True, slots=True)
class ProjectUse:
    """`net_usd` None: no request has a known price and a reported usage. `keys` are those not revoked."""

    requests: int = 0
    net_usd: Decimal | None = None
    tokens_saved: int = 0
    keys: int = 0
    last_used_at: datetime | None = None


def project_uses(project_ids: Iterable[uuid.UUID], stretch: Stretch) -> Mapping[uuid.UUID, ProjectUse]:
    """Each project's keys, and what its requests of that time saved."""
    wanted = tuple(project_ids)
    keys = _by_project(
        ApiKey.objects.filter(project__in=wanted)
        .order_by()
        .values("project_id")
        .annotate(keys=Count("pk", filter=Q(revoked_at=None)), last_used_at=Max("last_used_at"))
    )
    saved = _by_project(sums(Selection(wanted), stretch, ("project_id",), _MEASURES))
    return {pk: ProjectUse(**keys.get(pk, {}), **_saved(saved.get(pk))) for pk in wanted}


def _by_project(rows: Iterable[Any]) -> dict[uuid.UUID, dict[str, Any]]:
    """Rows of values, by the project in each."""
    return {row.pop("project_id"): row for row in rows}


def _saved(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "requests": row["requests"],
        "net_usd": row["net_usd"] if row["priced"] else None,
        "tokens_saved": row["tokens_before"] - row["tokens_after"],
    }
