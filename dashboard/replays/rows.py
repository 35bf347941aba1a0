"""Runs and their results as rows of tables."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from dashboard.templatetags.shell import short_id
from optimizer_app.models import Replay, ReplayResult
from optimizer_app.models.kept.replay import ReplayQuerySet
from optimizer_app.replays.comparison import Pair, Totals, as_sent, paired, totals

AS_SENT = "as they were sent"


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run of the list with its figures so far; `saved_usd` None where a price is not known."""

    replay: Any
    before: int
    after: int
    saved_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A run beside another one, with totals of the prompts that both have; `other` None: there is none."""

    label: str
    pairs: Sequence[Pair]
    own: Totals
    other: Totals | None
    chosen: str = ""

    @property
    def common(self) -> int:
        return self.other.prompts if self.other else 0


@dataclass(frozen=True, slots=True)
class ResultRow:
    pair: Pair
    changed_count: int

    @property
    def name(self) -> str:
        """By which a reader knows the prompt."""
        return short_id(self.own.trace_id) if self.own.trace_id else self.own.label

    @property
    def own(self) -> ReplayResult:
        return self.pair.own

    @property
    def other(self) -> ReplayResult | None:
        return self.pair.other


def counted(runs: ReplayQuerySet) -> Any:
    """With how many prompts there are, and how many have ended."""
    return runs.annotate(
        prompts=Count("results"), ended=Count("results", filter=~Q(results__state="waiting"))
    )


def run_rows(runs: ReplayQuerySet, limit: int) -> list[RunRow]:
    """The newest of them."""
    done = Q(results__state="done")
    summed = counted(runs).annotate(
        before=Coalesce(Sum("results__tokens_before", filter=done), 0),
        after=Coalesce(Sum("results__tokens_after", filter=done), 0),
        saved=Sum(F("results__cost_before_usd") - F("results__cost_usd"), filter=done),
        unpriced=Count("results", filter=done & Q(results__cost_usd=None)),
    )
    return [RunRow(run, run.before, run.after, None if run.unpriced else run.saved) for run in summed[:limit]]


def compared(replay: Replay, results: Sequence[ReplayResult], asked: str) -> Compared:
    """The results beside those of the run that is asked for, else beside the requests as they were sent."""
    if replay.is_unfinished:
        # Looked at every other second: the other run is shown at the end.
        return Compared("", paired(results, []), totals(results), None)
    other = _run_named(replay, asked)
    others = _results_of(other, results) if other else as_sent(results, replay)
    pairs = paired(results, others)
    both = [pair for pair in pairs if pair.other is not None]
    if not both:
        return Compared("", pairs, totals(results), None)
    label = f"{other.subject}" if other else AS_SENT
    own = totals(pair.own for pair in both)
    return Compared(
        label, pairs, own, totals(pair.other for pair in both if pair.other), asked if other else ""
    )


def result_rows(beside: Compared) -> list[ResultRow]:
    return [ResultRow(pair, len(pair.changed)) for pair in beside.pairs]


def _results_of(other: Replay, results: Sequence[ReplayResult]) -> list[ReplayResult]:
    """What the other run has of the same prompts."""
    labels = {result.label for result in results}
    return list(other.results.filter(label__in=labels).defer("sealed"))


def _run_named(replay: Replay, asked: str) -> Replay | None:
    try:
        wanted = uuid.UUID(asked)
    except ValueError:
        return None
    return Replay.objects.filter(project=replay.project_id, pk=wanted).first()
