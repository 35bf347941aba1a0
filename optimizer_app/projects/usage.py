"""What requests came by each project, and what they saved."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum

from optimizer_app.models import ApiKey
from optimizer_app.models.trace import RequestTraceQuerySet

_PRICED = Q(gross_usd__isnull=False, net_usd__isnull=False)


@dataclass(frozen=True, slots=True)
class ProjectUse:
    """`net_usd` None: no request has a known price and a reported usage. `keys` are those not revoked."""

    requests: int = 0
    net_usd: Decimal | None = None
    tokens_saved: int = 0
    keys: int = 0
    last_used_at: datetime | None = None


def project_uses(
    project_ids: Iterable[uuid.UUID], traces: RequestTraceQuerySet
) -> Mapping[uuid.UUID, ProjectUse]:
    """Each project's keys, and what these requests of it saved."""
    wanted = list(project_ids)
    keys = _by_project(
        ApiKey.objects.filter(project__in=wanted)
        .order_by()
        .values("project")
        .annotate(keys=Count("pk", filter=Q(revoked_at=None)), last_used_at=Max("last_used_at"))
    )
    saved = _by_project(
        traces.filter(project__in=wanted)
        .order_by()
        .values("project")
        .annotate(
            requests=Count("pk"),
            net_usd=Sum("net_usd", filter=_PRICED),
            before=Sum("tokens_before"),
            after=Sum("tokens_after"),
        )
    )
    return {pk: _use(keys.get(pk, {}), saved.get(pk, {})) for pk in wanted}


def _by_project(rows: Iterable[Any]) -> dict[uuid.UUID, dict[str, Any]]:
    """Rows of values, by the project in each."""
    return {row.pop("project"): row for row in rows}


def _use(keys: dict[str, Any], saved: dict[str, Any]) -> ProjectUse:
    if saved:
        saved["tokens_saved"] = saved.pop("before") - saved.pop("after")
    return ProjectUse(**keys, **saved)
