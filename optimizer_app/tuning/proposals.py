"""Proposals: made from what happened, tested by the regression cases, then taken, dismissed, or published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.clickhouse.stored import reads_all_since
from optimizer_app.configs.errors import FieldsRefused, NothingToPublish, PublishedMeanwhile, ShareRunning
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.configs.versions.history import Author
from optimizer_app.configs.versions.publish import publish_unattended
from optimizer_app.models import OptimizationConfig, TuningProposal
from optimizer_app.releases.runs import failing, run_cases
from optimizer_app.rollups.windows import RANGES, Window
from optimizer_app.tuning.changes import Change, is_within_bounds, proposed_changes
from optimizer_app.tuning.signals import signals_of

log = structlog.get_logger(__name__)

RANGE = RANGES["30d"]
# What somebody dismissed is not proposed again for so long.
DISMISSED_FOR = timedelta(days=30)
State = TuningProposal.State


class NotOpen(Exception):
    """The proposal was decided, or the config has changed since."""


def propose_all(now: datetime) -> int:
    """Look at each config that is tuned; how many proposals were made. While ClickHouse has a part of what
    happened, and does not answer, none is."""
    made = 0
    for config in OptimizationConfig.objects.exclude(fields__tuning=None).exclude(fields__tuning="off"):
        try:
            proposal = propose(config, now)
        except ClickHouseAway:
            break
        made += proposal is not None
        if proposal is not None and config.fields.get("tuning") == "within_bounds":
            publish_within_bounds(proposal)
    return made


def propose(config: OptimizationConfig, now: datetime) -> TuningProposal | None:
    """The proposal that what happened speaks for, tested; None where nothing does. It takes the place of one
    that is open. ClickHouseAway while that has a part of what happened, and does not answer."""
    values, window = ConfigValues.of(config), Window.ending_at(now, RANGE)
    found = proposed_changes(signals_of(config, window), values.as_optimizer_config())
    if not reads_all_since(window.start):
        raise ClickHouseAway("a part of what happened cannot be read")
    changes = [change for change in found if not _was_dismissed(config, change, now)]
    with transaction.atomic():
        TuningProposal.objects.filter(config=config, state=State.OPEN).update(
            state=State.OUTDATED, decided_at=now
        )
        if not changes:
            return None
        proposal = TuningProposal.objects.create(
            config=config, base_version=config.version, changes=[change.as_dict() for change in changes]
        )
    _test(proposal)
    return proposal


def proposed_values(proposal: TuningProposal) -> ConfigValues:
    """The live config with the changes."""
    live = ConfigValues.of(proposal.config)
    return ConfigValues.differing(live.preset, {**live.fields, **proposal.changed_fields()})


def accept(proposal: TuningProposal, by: Author) -> None:
    """Make the changes the person's draft, in the place of what they had begun; NotOpen where late."""
    _decide(proposal, State.ACCEPTED, by)
    save_draft(proposal.config, by, proposed_values(proposal))


def dismiss(proposal: TuningProposal, by: Author, reason: str) -> None:
    """Not now, for this reason: the same changes are not proposed for a month."""
    _decide(proposal, State.DISMISSED, by, reason)


def publish_within_bounds(proposal: TuningProposal) -> bool:
    """Publish the changes where the config allows that: within its bounds, tested, with no case failing."""
    config = OptimizationConfig.objects.get(pk=proposal.config_id)
    bounds = ConfigValues.of(config).as_optimizer_config()
    changes = [_change(row) for row in proposal.changes]
    if not proposal.is_safe or not all(is_within_bounds(change, bounds) for change in changes):
        return False
    try:
        with transaction.atomic():
            _decide(proposal, State.PUBLISHED, None)
            note = "Tuned by what happened: " + ", ".join(change.field for change in changes)
            publish_unattended(
                config, proposed_values(proposal), base_version=proposal.base_version, note=note[:500]
            )
    except (FieldsRefused, NothingToPublish, NotOpen, PublishedMeanwhile, ShareRunning) as error:
        log.warning("proposal_not_published", proposal=str(proposal.pk), error=type(error).__name__)
        return False
    return True


def _test(proposal: TuningProposal) -> None:
    results = run_cases(proposal.config, proposed_values(proposal))
    proposal.cases, proposal.failed_cases = len(results), len(failing(results))
    proposal.save(update_fields=["cases", "failed_cases"])


def _decide(proposal: TuningProposal, state: State, by: Author | None, reason: str = "") -> None:
    now = timezone.now()
    is_current = OptimizationConfig.objects.filter(pk=proposal.config_id, version=proposal.base_version)
    with transaction.atomic():
        still_open = TuningProposal.objects.select_for_update().filter(pk=proposal.pk, state=State.OPEN)
        if not still_open or (state is not State.DISMISSED and not is_current):
            raise NotOpen("the proposal was decided, or its config was published since: look again")
        proposal.state, proposal.reason, proposal.decided_at = state, reason[:500], now
        proposal.decided_by_id = by.pk if by else None
        proposal.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def _was_dismissed(config: OptimizationConfig, change: Change, now: datetime) -> bool:
    recent = TuningProposal.objects.filter(
        config=config, state=State.DISMISSED, decided_at__gte=now - DISMISSED_FOR
    )
    dismissed = (row for proposal in recent for row in proposal.changes)
    return any(row["field"] == change.field and row["after"] == change.after for row in dismissed)


def _change(row: Mapping[str, Any]) -> Change:
    return Change(row["field"], row["before"], row["after"], row["why"])
