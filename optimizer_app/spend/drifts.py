"""The models whose tokens providers count otherwise than we do, from the last 30 days."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from optimizer_app.receipts.drift import NO_DRIFT, Drift, drifts_of, recent_rows


@dataclass(frozen=True, slots=True)
class ModelDrift:
    """One model, in all of some projects."""

    model: str
    drift: Drift


def model_drifts(project_ids: Collection[uuid.UUID]) -> list[ModelDrift]:
    """Those of the projects, the furthest off first."""
    found: dict[str, Drift] = {}
    for (_, model), drift in drifts_of(recent_rows().filter(project__in=project_ids)).items():
        found[model] = found.get(model, NO_DRIFT) + drift
    rows = [ModelDrift(model, drift) for model, drift in found.items()]
    return sorted(rows, key=lambda row: (-abs(row.drift.share), row.model))
