"""Request traces: one row a request, without any prompt text, partitioned by day."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import Count, Q
from django.utils import timezone

from optimizer_app.models.keys.api_key import ApiKey
from optimizer_app.models.projects.project import Project
from optimizer_app.trace_ids import first_id_at, new_trace_id
from token_optimizer.models import BlockFate
from token_optimizer.optimizer.retrieval.stats import retrieved_and_replaced

STREAMED_AT_A_TIME = 1_000
# Left in the database by lists.
LARGE_COLUMNS = (
    "blocks",
    "stages",
    "read_backs",
    "re_reads",
    "provider_calls",
    "breakpoints_added",
    "provider_edits",
    "receipt",
    "attempts",
)


class RequestTraceQuerySet(models.QuerySet["RequestTrace"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> RequestTraceQuerySet:
        """Traces of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def since(self, moment: datetime) -> RequestTraceQuerySet:
        """Traces begun at or after the moment; by id, so that older partitions are not read."""
        return self.filter(id__gte=first_id_at(moment))

    def of_conversation(self, conversation_id: uuid.UUID) -> RequestTraceQuerySet:
        """The turns of a conversation, the oldest first. None is older than the one that began it, so that
        older partitions are not read."""
        return self.filter(id__gte=conversation_id, conversation_id=conversation_id).order_by("id")

    def within(self, period: timedelta) -> RequestTraceQuerySet:
        """Traces begun within the last `period`."""
        return self.since(timezone.now() - period)

    def streamed(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """The columns of each, read by a cursor of PostgreSQL: few are in memory at a time."""
        return self.values_list(*names).iterator(chunk_size=STREAMED_AT_A_TIME)

    def counts(self, by: Sequence[str], *conditions: Q) -> list[tuple[Any, ...]]:
        """How many there are of each group that agrees in these columns, and of them how many meet each of
        the conditions: the columns' values, then the numbers as one tuple."""
        counted = {f"count{number}": Count("pk", filter=each) for number, each in enumerate(conditions)}
        rows = self.order_by().values_list(*by).annotate(count=Count("pk"), **counted)
        return [(*row[: len(by)], row[len(by) :]) for row in rows]

    def picked(self, names: Sequence[str], query: str, values: Sequence[Any]) -> list[Sequence[Any]]:
        """What a query finds in `picked`, these columns of each of the rows."""
        try:
            rows, parameters = self.values(*names).query.sql_with_params()
        except EmptyResultSet:  # Filters that no request can meet.
            return []
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"WITH picked AS ({rows}) {query}", [*parameters, *values])
            return list(cursor.fetchall())

    def without_details(self) -> RequestTraceQuerySet:
        """For lists: leaves the large columns in the database."""
        return self.defer(*LARGE_COLUMNS)


class RequestTrace(models.Model):
    """What one request cost, what was cut from it, and why. Times are milliseconds, money US dollars.

    `latency_ms` is what the optimizer added; `total_ms` runs from the first byte in to the last one out.
    `budget_tokens` is the request's own budget, None where that of its config held.
    `prompt_name` is that of the prompt template that the request was made from, empty where it brought its
    own prompt.
    `sent_model` is the name under which its route asked for the model, empty where it was the request's own.
    `attempts` are the providers that were asked, and those that were passed over, where it was not one alone.
    `tag` is what the client called the request, empty where it did not; `tags` are names that it gave it.
    `relayed` is method and path of what was no prompt and passed to the provider as it came, else empty.
    `conversation_id` is the id of the trace with which the conversation began, None where none was followed.
    `compacted`: what had been sent before was rewritten. `over_budget` says how a hard budget was missed.
    `text_until`: until when its config keeps what it said, None where it keeps nothing.
    `usage_*` is what the provider billed, None where it did not say; `usage_is_estimated` where a stream
    broke off before it had said so. `read_backs` is what the model read of
    what had been cut, `re_reads` the tools that it called again after their results were, `provider_calls`
    what each call was billed where that took several, and `read_back_usd` what these cost more than one
    would have. `billed_usd` is what the provider asks for all of it, None where no price is known; estimated
    where the provider did not come to say what it billed. `receipt` has all of this line
    by line, and what would have been billed without us: see `optimizer_app/receipts/receipt.py`; None where
    no price is known or nobody was asked.
    `breakpoints_added` are ours in the provider's cache, with place and lifetime; `provider_edits` is what
    the provider says that it did to the conversation: old tool results that it cleared, or a compaction.
    `answered_from_cache`: with an answer that was given before, and is not billed again.
    `is_repeat`: its prompt came before, within the exact cache's lifetime, whether that was a hit or not.
    `continues`: the prompt has an earlier answer in it.
    `masked` is how many secrets each detector kept from the provider.
    """

    class Status(models.TextChoices):
        OK = "ok", "OK"
        INTERRUPTED = "interrupted", "Interrupted"
        ERROR = "error", "Error"

    id = models.UUIDField(primary_key=True, default=new_trace_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="traces", db_index=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, db_index=False)
    created_at = models.DateTimeField()
    dialect = models.CharField(max_length=20)
    provider = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=200, blank=True)
    sent_model = models.CharField(max_length=200, blank=True, default="", db_default="")
    config_name = models.CharField(max_length=60, blank=True)
    config_version = models.PositiveIntegerField(null=True)
    budget_tokens = models.PositiveIntegerField(null=True)
    prompt_name = models.CharField(max_length=60, blank=True)
    prompt_version = models.PositiveIntegerField(null=True)
    tag = models.CharField(max_length=60, blank=True, db_default="", default="")
    relayed = models.CharField(max_length=200, blank=True, db_default="", default="")
    stream = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=Status.choices)
    http_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    route = models.CharField(max_length=40)
    tokens_before = models.PositiveIntegerField()
    tokens_after = models.PositiveIntegerField()
    tokens_estimated = models.BooleanField(default=False)
    cache_hit = models.BooleanField(default=False)
    is_repeat = models.BooleanField(db_default=False, default=False)
    continues = models.BooleanField(db_default=False, default=False)
    fallback_used = models.BooleanField(default=False)
    fallback_reason = models.CharField(max_length=200, blank=True)
    compacted = models.BooleanField(default=False)
    over_budget = models.CharField(max_length=100, blank=True)
    why_not = models.CharField(max_length=24, blank=True, db_default="", default="")
    holdout_group = models.CharField(max_length=12, blank=True, db_default="", default="")
    holdout_unit = models.UUIDField(null=True)
    outcome: models.JSONField[dict[str, Any] | None] = models.JSONField(null=True)
    conversation_id = models.UUIDField(null=True)
    text_until = models.DateTimeField(null=True)
    faithfulness_score = models.FloatField(null=True)
    latency_ms = models.FloatField()
    upstream_ms = models.FloatField(null=True)
    total_ms = models.FloatField(null=True)
    usage_input_tokens = models.PositiveIntegerField(null=True)
    usage_cached_tokens = models.PositiveIntegerField(null=True)
    usage_cache_write_tokens = models.PositiveIntegerField(null=True)
    usage_output_tokens = models.PositiveIntegerField(null=True)
    usage_is_estimated = models.BooleanField(db_default=False, default=False)
    answered_from_cache = models.BooleanField(db_default=False, default=False)
    gross_usd = models.DecimalField(max_digits=16, decimal_places=9, null=True)
    net_usd = models.DecimalField(max_digits=16, decimal_places=9, null=True)
    read_back_usd = models.DecimalField(max_digits=16, decimal_places=9, null=True)
    billed_usd = models.DecimalField(max_digits=16, decimal_places=9, null=True)
    billed_is_estimated = models.BooleanField(db_default=False, default=False)
    stages: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    blocks: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    read_backs: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    re_reads: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    provider_calls: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    breakpoints_added: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list, db_default=[])
    provider_edits: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list, db_default=[])
    masked: models.JSONField[dict[str, int]] = models.JSONField(db_default={}, default=dict)
    receipt: models.JSONField[dict[str, Any] | None] = models.JSONField(null=True)
    tags: models.JSONField[dict[str, str]] = models.JSONField(default=dict, db_default={})
    attempts: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list, db_default=[])

    objects = RequestTraceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["project", "-id"], name="trace_of_project_newest_first"),
            models.Index(fields=["conversation_id", "id"], name="trace_of_conversation"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def tokens_saved(self) -> int:
        return self.tokens_before - self.tokens_after

    @property
    def retrieved_and_replaced(self) -> tuple[int, int]:
        """Tokens that came from stored documents, and tokens that were left out in favour of them."""
        return retrieved_and_replaced(
            [BlockFate(**{name: block.get(name) for name in BlockFate._fields}) for block in self.blocks]
        )
