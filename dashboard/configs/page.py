"""What the editor of a config shows around its form."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from dashboard.configs.changes import ChangeRow, change_rows
from dashboard.configs.fields import ConfigForm
from dashboard.configs.rows import embedding_of, problem
from dashboard.shell.versioned import posted_to
from optimizer_app.configs.changes import changes
from optimizer_app.configs.usage import keys_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of
from optimizer_app.configs.versions.history import values_at, versions_of
from optimizer_app.models import ConfigDraft, OptimizationConfig
from optimizer_app.playground.examples import shipped_examples
from optimizer_app.playground.stored.choices import stored_choices
from token_optimizer.config import PRESETS
from token_optimizer.config_fields import FIELDS, GROUPS, SERVICE_FIELDS, ConfigField

SHOWN_VERSIONS = 12
posted = posted_to("dashboard:config")


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset beside the form: how many fields of the draft differ from it."""

    name: str
    differing: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the form. `others` are fields that a config of the service cannot set."""

    name: str
    fields: list[BoundField]
    others: list[ConfigField]
    differing: int


@dataclass(frozen=True, slots=True)
class DraftState:
    """How a draft stands to the live version. `others` is what was published since it was begun."""

    draft: ConfigDraft | None
    changes: list[ChangeRow]
    others: list[ChangeRow]

    @property
    def is_behind(self) -> bool:
        return self.draft is not None and self.draft.base_version != self.draft.config.version


def visible_config(request: HttpRequest, config_id: uuid.UUID) -> OptimizationConfig:
    """404 for a config of another project, as for one that never was."""
    visible = OptimizationConfig.objects.visible_to(request.user).with_share().select_related("project")
    return get_object_or_404(visible, pk=config_id)


def editor_context(request: HttpRequest, config: OptimizationConfig, form: ConfigForm) -> dict[str, Any]:
    """All of the page."""
    return {
        **state_context(request, config, form),
        "problem": problem(config),
        "keys": keys_of(config),
        "versions": versions_of(config)[:SHOWN_VERSIONS],
        "traffic": traffic_query(config),
        "playground": playground_query(config),
        "embedding": embedding_of(config),
        "examples": list(shipped_examples()),
        "stored_prompts": stored_choices(config),
    }


def traffic_query(config: OptimizationConfig, version: int | None = None) -> str:
    """The query of the list of its requests."""
    asked = {"project": config.project.name, "config": config.name}
    return urlencode(asked if version is None else {**asked, "version": version})


def playground_query(config: OptimizationConfig) -> str:
    """The playground with the live version in one column and the reader's draft in another."""
    columns = {"config": config.name, "config-2": f"draft:{config.name}"}
    return urlencode({"project": config.project.name, **columns})


def state_context(request: HttpRequest, config: OptimizationConfig, form: ConfigForm) -> dict[str, Any]:
    """The form, and what changes as one types."""
    draft = draft_of(config, request.user)
    values = ConfigValues.of(draft or config)
    return {
        "page": "configs",
        "config": config,
        "form": form,
        "state": draft_state(config, draft),
        "values": values,
        "presets": _presets(values),
        "groups": [_group(name, form, values) for name in GROUPS],
    }


def draft_state(config: OptimizationConfig, draft: ConfigDraft | None) -> DraftState:
    if draft is None:
        return DraftState(None, [], [])
    base, live = values_at(config, draft.base_version), ConfigValues.of(config)
    return DraftState(
        draft, change_rows(changes(base, ConfigValues.of(draft))), change_rows(changes(base, live))
    )


def _presets(values: ConfigValues) -> list[Preset]:
    whole = values.whole()
    return [Preset(name, _count(whole, ConfigValues(name)), name == values.preset) for name in PRESETS]


def _count(whole: dict[str, Any], preset: ConfigValues) -> int:
    return sum(value != whole[name] for name, value in preset.whole().items())


def _group(name: str, form: ConfigForm, values: ConfigValues) -> Group:
    described = [field for field in FIELDS.values() if field.group == name]
    own, others = _split(described)
    differing = sum(field.name in values.fields for field in own)
    return Group(name, [form[field.name] for field in own], others, differing)


def _split(fields: Iterable[ConfigField]) -> tuple[list[ConfigField], list[ConfigField]]:
    found = list(fields)
    own = [field for field in found if field.name in SERVICE_FIELDS]
    return own, [field for field in found if field.name not in SERVICE_FIELDS]
