"""A new run, and what sending its prompts would cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from optimizer_app.background.wake import REPLAY, wake
from optimizer_app.captures.reading import NotKept
from optimizer_app.configs.versions.history import Author
from optimizer_app.models import Project, Replay, ReplayResult
from optimizer_app.optimize.usage import Usage
from optimizer_app.playground.stored.sources import Source, loaded
from optimizer_app.prices.entries import overrides_of
from optimizer_app.receipts.saving import price_of_usage
from optimizer_app.replays.subjects import Subject
from token_optimizer.errors import ConfigError, PromptError
from token_optimizer.tokens.counts import count_body

MAX_PROMPTS = 200


class ReplayRefused(ValueError):
    """The run cannot be made; the message says why."""


def create_replay(
    project: Project,
    sources: Sequence[Source],
    subject: Subject,
    *,
    source: str,
    author: Author,
    sends: bool = False,
) -> Replay:
    """The run, queued. `source` says in words which prompts they are."""
    if not sources:
        raise ReplayRefused("there is no prompt to run: no text is kept")
    if len(sources) > MAX_PROMPTS:
        raise ReplayRefused(f"a run takes {MAX_PROMPTS} prompts at most, not {len(sources)}")
    try:
        subject.values.as_optimizer_config()
    except (ConfigError, TypeError) as error:
        raise ReplayRefused(f"the config cannot be used: {error}") from error
    with transaction.atomic():
        replay = Replay.objects.create(
            project=project,
            author_id=author.pk,
            source=source[:200],
            config=subject.config,
            config_name=subject.config.name,
            version=subject.version,
            preset=subject.values.preset,
            fields=dict(subject.values.fields),
            sends=sends,
        )
        ReplayResult.objects.bulk_create(_result(replay, *found) for found in enumerate(sources, 1))
        transaction.on_commit(lambda: wake(REPLAY))
    return replay


def sources_of(replay: Replay) -> list[Source]:
    """The prompts of a run, to run them again."""
    return [Source(row.label, row.trace_id, row.example_id) for row in replay.results.order_by("number")]


def input_cost(project: Project, sources: Sequence[Source], subject: Subject) -> Decimal | None:
    """The list price of all prompts as they came, which is the most that sending them costs as input.

    None where a model has no known price. Prompts that are not there any more cost nothing.
    """
    total = Decimal(0)
    default = subject.values.as_optimizer_config().target_model
    for source in sources:
        try:
            prompt = loaded(source, project).prompt
        except (NotKept, PromptError):
            continue
        model = prompt.model or default
        usage = Usage(count_body(prompt.body, prompt.dialect, model))
        usd = price_of_usage(model, prompt.dialect, usage, overrides_of([model]).get(model))
        if usd is None:
            return None
        total += usd
    return total


def _result(replay: Replay, number: int, source: Source) -> ReplayResult:
    return ReplayResult(
        replay=replay,
        number=number,
        label=source.label[:100],
        trace_id=source.trace_id,
        example_id=source.example_id,
    )
