"""Prompts that are stored, to be run again: requests whose texts are kept, and saved examples."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from optimizer_app.captures.reading import NotKept, capture_of, texts_of
from optimizer_app.clickhouse.stored import TraceRows, stored_traces
from optimizer_app.models import Capture, PlaygroundExample, Project
from optimizer_app.playground.examples import prompt_of_example
from optimizer_app.playground.prompt import TrialPrompt, prompt_of_body
from optimizer_app.security.encryption import UndecryptableSecret


@dataclass(frozen=True, slots=True)
class Source:
    """Where a prompt comes from: a request, or a saved example."""

    label: str
    trace_id: uuid.UUID | None = None
    example_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The prompt; what is made of its words goes by `expires_at`, None for one that was saved."""

    prompt: TrialPrompt
    expires_at: datetime | None = None


def captured(traces: TraceRows) -> TraceRows:
    """Those of them whose texts can be read."""
    return traces.filter(pk__in=Capture.objects.readable().values("pk"), text_until__gt=timezone.now())


def captured_sources(traces: TraceRows, count: int) -> list[Source]:
    """The newest of them."""
    newest = captured(traces).order_by("-id")[:count].values_list("id")
    return [Source(str(pk), trace_id=pk) for (pk,) in newest]


def picked_sources(traces: TraceRows, ids: Iterable[uuid.UUID]) -> list[Source]:
    """Those of these requests whose texts can be read, the newest first."""
    wanted = list(ids)
    return captured_sources(traces.filter(pk__in=wanted), len(wanted))


def requests_label(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"


def set_sources(project: Project, set_name: str) -> list[Source]:
    """The examples of a set by their names."""
    rows = project.playground_examples.filter(set_name=set_name).order_by("name")
    return [Source(name, example_id=pk) for pk, name in rows.values_list("pk", "name")] if set_name else []


def loaded(source: Source, project: Project) -> Loaded:
    """The prompt. NotKept where it is gone, PromptError where it is none."""
    if source.trace_id is not None:
        return _of_request(source.trace_id, project)
    return _of_example(source.example_id, project)


def _of_request(trace_id: uuid.UUID, project: Project) -> Loaded:
    trace = stored_traces().without_details().filter(project=project, pk=trace_id).first()
    if trace is None:
        raise NotKept("the request is gone")
    capture = capture_of(trace)
    texts = texts_of(capture)
    prompt = prompt_of_body(texts.body, trace.dialect, question=texts.question)  # type: ignore[arg-type]
    return Loaded(replace(prompt, budget_tokens=trace.budget_tokens), capture.expires_at)


def _of_example(example_id: uuid.UUID | None, project: Project) -> Loaded:
    example = PlaygroundExample.objects.filter(project=project, pk=example_id).first() if example_id else None
    if example is None:
        raise NotKept("the example was deleted")
    try:
        return Loaded(prompt_of_example(example.texts()))
    except UndecryptableSecret:
        raise NotKept("encrypted under another OPTIMIZER_ENCRYPTION_KEY") from None
