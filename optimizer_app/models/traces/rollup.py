"""Rollups: the sums of all like requests of a span of time, so that pages need not read each trace."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from optimizer_app.models.projects.project import Project


def _count() -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(default=0)


def _added_count() -> models.PositiveIntegerField[int, int]:
    """A count that came with a later version: 0 in rows that an older one makes."""
    return models.PositiveIntegerField(db_default=0, default=0)


def _usd() -> models.DecimalField[object, object]:
    return models.DecimalField(max_digits=20, decimal_places=9, default=0)


def _added_usd() -> models.DecimalField[object, object]:
    """A sum of money that came with a later version: 0 in rows that an older one makes."""
    return models.DecimalField(max_digits=20, decimal_places=9, db_default=0, default=0)


def _histogram() -> ArrayField[list[int], list[int]]:
    return ArrayField(models.IntegerField(), default=list)


class SpanRollup(models.Model):
    """Sums over the requests of one span that agree in project, key, config, model, tag and so on.

    `seconds` is the span's length. `is_whole`: all requests of the project together, the other names empty.
    `api_key_id` outlives the key's row.
    """

    seconds = models.PositiveIntegerField()
    start = models.DateTimeField()
    is_whole = models.BooleanField()
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    api_key_id = models.UUIDField(null=True)
    config_name = models.CharField(max_length=60)
    config_version = models.PositiveIntegerField(null=True)
    model = models.CharField(max_length=200)
    tag = models.CharField(max_length=60)
    route = models.CharField(max_length=40)

    class Meta:
        abstract = True


class TraceRollup(SpanRollup):
    """What the requests came to that agree in provider and reason of a fallback, too.

    Each measure is a sum, so that rows add up to the figures of any larger group; what they are is in
    `optimizer_app/rollups/measures.py`.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rollups", db_index=False)
    provider = models.CharField(max_length=60, db_default="", default="")
    fallback_reason = models.CharField(max_length=200)
    requests = _count()
    optimized = _count()
    estimated = _count()
    reconciled = _count()
    priced = _count()
    cache_hits = _count()
    repeats = _added_count()
    repeat_hits = _added_count()
    continued = _added_count()
    prefixes_found = _added_count()
    fallbacks = _count()
    optimized_fallbacks = _count()
    not_smaller = _count()
    over_budget = _count()
    compactions = _count()
    negative = _count()
    failed_stages = _count()
    errors = _count()
    interrupted = _count()
    to_look_at = _count()
    tokens_before = models.BigIntegerField(default=0)
    tokens_after = models.BigIntegerField(default=0)
    reported_input_tokens = models.BigIntegerField(db_default=0, default=0)
    reported_cached_tokens = models.BigIntegerField(db_default=0, default=0)
    gross_usd = _usd()
    net_usd = _usd()
    read_back_usd = _usd()
    billed_usd = _added_usd()
    without_us_usd = _added_usd()
    breakpoints_usd = _added_usd()
    min_latency_ms = models.FloatField(null=True)
    max_latency_ms = models.FloatField(null=True)
    latencies = _histogram()
    ratios = _histogram()
    faithfulness = _histogram()
    why_nots = ArrayField(models.IntegerField(), db_default=[], default=list)

    class Meta:
        indexes = [models.Index(fields=["seconds", "is_whole", "start", "project"], name="rollup_of_span")]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} + {self.seconds} s"


class CutRollup(SpanRollup):
    """What one rule cut of blocks of one kind, and what was wanted again of it.

    `is_whole` for each rule and kind. What the measures are is in `optimizer_app/rollups/cuts.py`.
    """

    rule = models.TextField()
    kind = models.TextField()
    requests = _count()
    blocks = _count()
    cut = models.BigIntegerField(default=0)
    read_calls = _count()
    read_tokens = models.BigIntegerField(default=0)
    again_calls = _count()
    again_tokens = models.BigIntegerField(default=0)
    gross_usd = _added_usd()
    net_usd = _added_usd()
    read_back_usd = _added_usd()
    re_read_usd = _added_usd()

    class Meta:
        indexes = [models.Index(fields=["seconds", "is_whole", "start", "project"], name="cuts_of_span")]

    def __str__(self) -> str:
        return f"{self.rule} of {self.kind}, {self.start:%Y-%m-%d %H:%M} + {self.seconds} s"


class SpendRollup(SpanRollup):
    """What was billed for tokens of one kind; `is_whole` for each kind."""

    provider = models.CharField(max_length=60)
    tags: models.JSONField[dict[str, str]] = models.JSONField(db_default={}, default=dict)
    kind = models.CharField(max_length=20)
    lines = _count()
    tokens = models.BigIntegerField(default=0)
    usd = _usd()

    class Meta:
        indexes = [models.Index(fields=["seconds", "is_whole", "start", "project"], name="spend_of_span")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.model}, {self.start:%Y-%m-%d %H:%M} + {self.seconds} s"


class TagRollup(SpanRollup):
    """What the requests with the same `tags` were billed, and what was saved on them; `is_whole` for each set
    of tags."""

    provider = models.CharField(max_length=60)
    tags: models.JSONField[dict[str, str]] = models.JSONField(default=dict)
    requests = _count()
    priced = _count()
    billed_usd = _usd()
    without_us_usd = _usd()
    gross_usd = _usd()
    breakpoints_usd = _usd()
    read_back_usd = _usd()
    net_usd = _usd()

    class Meta:
        indexes = [models.Index(fields=["seconds", "is_whole", "start", "project"], name="tags_of_span")]

    def __str__(self) -> str:
        return f"{self.tags}, {self.start:%Y-%m-%d %H:%M} + {self.seconds} s"


class RollupMark(models.Model):
    """A quarter of an hour of which traces were stored since it was last rolled up.

    Written with the traces, in their transaction; several of one quarter may be there.
    """

    start = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M}"


class RollupState(models.Model):
    """The one row that says up to when everything is rolled up."""

    rolled_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.rolled_until:%Y-%m-%d %H:%M}"
