"""A key and its project as those whose use is bounded, with what they have spent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from optimizer_app.limits.spending import spent_usd
from optimizer_app.limits.values import limits_of
from optimizer_app.limits.warnings import warn_if_near
from optimizer_app.limits.windows import Holder
from optimizer_app.models import ApiKey, Project


def bounded_holders(key: ApiKey, now: datetime) -> Sequence[Holder]:
    """The key and its project, where they are bounded. Budgets that are nearly spent are warned of."""
    both = key_holder(key, now), project_holder(key.project, now)
    found = [holder for holder in both if holder.limits.any_set]
    for holder in found:
        warn_if_near(key.project, holder, now)
    return tuple(found)


def key_holder(key: ApiKey, now: datetime) -> Holder:
    limits = limits_of(key)
    return Holder("this key", key.project_id, key.pk, limits, spent_usd(key.project_id, key.pk, limits, now))


def project_holder(project: Project, now: datetime) -> Holder:
    limits = limits_of(project)
    return Holder("this project", project.pk, project.pk, limits, spent_usd(project.pk, None, limits, now))
