"""What a new case begins with: the playground's prompt with a block of it, an example, a request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.http import HttpRequest

from dashboard.configs.releases.case_form import PROMPT_FIELDS
from dashboard.traces.blocks import BlockRow, block_rows
from optimizer_app.captures.reading import NotKept
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import Project, RequestTrace
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.configs import config_named
from optimizer_app.playground.examples import prompt_of_example, shipped_examples, shipped_texts
from optimizer_app.playground.settings import SettingsRefused, settings_of, with_settings
from optimizer_app.playground.trial import TrialConfig, run_trials
from optimizer_app.releases.kept_case import kept_case
from optimizer_app.security.encryption import UndecryptableSecret
from token_optimizer.errors import ConfigError, PromptError

_LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class CaseStart:
    """`fields` fill the form. `trace` is the request at which something was missing, `block` what of it, and
    `missing` a clause that says why its texts are not there."""

    fields: dict[str, Any] = field(default_factory=dict)
    trace: RequestTrace | None = None
    block: BlockRow | None = None
    missing: str = ""


def start_of(request: HttpRequest, project: Project) -> CaseStart:
    typed = {name: request.POST[name] for name in (*PROMPT_FIELDS, "name", "keep") if name in request.POST}
    if request.POST.get("do") == "example":
        typed |= _example(project, request.POST.get("example", ""))
    if of_block := request.POST.get("block", ""):
        return CaseStart({**typed, "keep": _text_of_block(request, project, of_block)})
    trace = _trace(request, project)
    if trace is None:
        return CaseStart(typed)
    block = _block(trace, request.POST.get("number", "") or request.GET.get("block", ""))
    return _of_request(trace, block, typed)


def _of_request(trace: RequestTrace, block: BlockRow | None, typed: Mapping[str, str]) -> CaseStart:
    """With the request's texts, where they are kept."""
    name = f"{block.what} of {trace.pk}" if block else f"request {trace.pk}"
    fields = {"name": name, "kind": trace.dialect, "request": trace.pk}
    try:
        kept = kept_case(trace, block.number if block else None)
    except NotKept as error:
        return CaseStart({**fields, **typed}, trace, block, str(error))
    return CaseStart({**fields, **asdict(kept.prompt), "keep": kept.keep, **typed}, trace, block)


def _trace(request: HttpRequest, project: Project) -> RequestTrace | None:
    try:
        asked = uuid.UUID(request.POST.get("request", "") or request.GET.get("request", ""))
    except ValueError:
        return None
    return stored_traces().filter(project=project, pk=asked).first()


def _block(trace: RequestTrace, number: str) -> BlockRow | None:
    rows = block_rows(trace.blocks)
    return rows[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(rows) else None


def _example(project: Project, name: str) -> dict[str, str]:
    """A shipped example by its name, a saved one by its id."""
    shipped = shipped_examples().get(name)
    if shipped:
        return asdict(shipped_texts(shipped))
    try:
        found = project.playground_examples.filter(pk=uuid.UUID(name)).first()
        return asdict(found.texts()) if found else {}
    except (ValueError, UndecryptableSecret):
        return {}


def _text_of_block(request: HttpRequest, project: Project, place: str) -> str:
    """The text that a block of a playground's column had, `A-12`; empty where it has none."""
    letter, _, number = place.partition("-")
    suffix = "" if letter == _LETTERS[0] else f"-{_LETTERS.find(letter) + 1}"
    posted = request.POST
    texts = ExampleTexts(**{name: posted.get(name, "") for name in PROMPT_FIELDS})
    try:
        config = config_named(project, posted.get(f"config{suffix}", ""), request.user)
        config = with_settings(config, settings_of(posted.get(f"settings{suffix}", "")))
        budget = posted.get(f"budget{suffix}", "")
        tried = TrialConfig(config, int(budget) if budget.isdecimal() else None)
        (result,) = run_trials(prompt_of_example(texts), [tried], project)
        block = result.stats.blocks[int(number) - 1]
    except (ConfigError, SettingsRefused, PromptError, ValueError, IndexError):
        return ""
    found = result.texts.get(block.id)
    return found.before if found else ""
