"""Entries of the audit log: of rows that a person adds, changes or removes, and of logins.

Rows are noticed by Django's signals, so that no page, endpoint or form of the admin can forget one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.signals import post_delete, post_save, pre_save

from optimizer_app.access.acting import Actor, current_actor
from optimizer_app.models import (
    ApiKey,
    ApiToken,
    AuditEntry,
    ConfigShare,
    ConfigVersion,
    Identity,
    Invitation,
    Membership,
    ModelRules,
    OptimizationConfig,
    PlaygroundExample,
    PriceOverride,
    Project,
    PromptTemplate,
    PromptVersion,
    Provider,
    RegressionCase,
    Route,
    SecondFactor,
    UserSession,
)

_KINDS: Mapping[type[models.Model], str] = {
    ApiKey: "key",
    ApiToken: "API token",
    ConfigShare: "share",
    ConfigVersion: "config version",
    Identity: "single sign-on",
    Invitation: "invitation",
    Membership: "member",
    ModelRules: "rules of a model",
    OptimizationConfig: "config",
    PlaygroundExample: "saved prompt",
    PriceOverride: "price",
    Project: "project",
    PromptTemplate: "prompt template",
    PromptVersion: "prompt version",
    Provider: "provider",
    RegressionCase: "regression case",
    Route: "route",
    SecondFactor: "second factor",
    User: "user",
    UserSession: "session",
}
_MAX_CHARS = 200
# URLs may hold a token.
_SECRET = frozenset(
    {
        "hash",
        "previous_hash",
        "hash_secret",
        "encrypted_secret",
        "encrypted_headers",
        "encrypted_key",
        "password",
        "analytics_url",
        "base_url",
        "session_key",
    }
)
# What the service notes by itself.
_NOTED = frozenset(
    {
        "last_used_at", "last_login", "last_seen_at", "updated_at", "created_at", "id", "last_step",
        "throttling_failure_count", "throttling_failure_timestamp",
    }
)  # fmt: skip
_SHORT = (
    models.CharField,
    models.BooleanField,
    models.IntegerField,
    models.DecimalField,
    models.DateTimeField,
    models.ForeignKey,
    ArrayField,
)
_HIDDEN = "…"
_BEFORE = "_audited_before"


def connect() -> None:
    """Listen to the rows that are audited, and to logins."""
    for model in _KINDS:
        pre_save.connect(_remember, sender=model)
        post_save.connect(_record_saved, sender=model)
        post_delete.connect(_record_deleted, sender=model)
    user_logged_in.connect(_record_login)
    user_logged_out.connect(_record_logout)
    user_login_failed.connect(_record_failed_login)


def record(
    actor: Actor,
    action: AuditEntry.Action,
    *,
    kind: str = "",
    name: str = "",
    row_id: object = "",
    project_id: uuid.UUID | None = None,
    changes: Mapping[str, Any] | None = None,
    user: Any = None,
) -> None:
    """Write an entry. `user` where it is not the request's own."""
    who = user or actor.user
    actor.entries += 1
    AuditEntry.objects.create(
        actor_id=who.pk,
        actor_name=who.get_username()[:150] if who.pk else "",
        address=actor.address[:60],
        via=actor.via[:110],
        action=action,
        kind=kind,
        object_id=str(row_id)[:64],
        object_name=name.replace("\0", "")[:_MAX_CHARS],
        project_id=project_id,
        changes=dict(changes or {}),
    )


def _remember(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    """The row before it is saved, where a person does that."""
    if current_actor() is not None:
        stored = None if instance._state.adding else sender._default_manager.filter(pk=instance.pk).first()
        setattr(instance, _BEFORE, stored)


def _record_saved(sender: type[models.Model], instance: models.Model, created: bool, **_: Any) -> None:
    actor = current_actor()
    if actor is None:
        return
    changes = {} if created else _changes(getattr(instance, _BEFORE, None), instance)
    if created or changes:
        action = AuditEntry.Action.ADDED if created else AuditEntry.Action.CHANGED
        _record_row(actor, action, instance, changes)


def _record_deleted(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    if actor := current_actor():
        _record_row(actor, AuditEntry.Action.REMOVED, instance, {})


def _record_row(
    actor: Actor, action: AuditEntry.Action, row: models.Model, changes: Mapping[str, Any]
) -> None:
    kind, project_id = _KINDS[type(row)], _project_of(row)
    record(actor, action, kind=kind, name=str(row), row_id=row.pk, project_id=project_id, changes=changes)


def _project_of(row: models.Model) -> uuid.UUID | None:
    """The project that the row is, belongs to, or whose config or template it belongs to."""
    if isinstance(row, Project):
        return row.pk
    parent = getattr(row, "config", None) or getattr(row, "template", None)
    owner = row if hasattr(row, "project_id") else parent
    project_id: uuid.UUID | None = getattr(owner, "project_id", None)
    return project_id


def _changes(before: models.Model | None, after: models.Model) -> dict[str, Any]:
    """What each changed field was and is; of secrets and of what is long only that it changed."""
    if before is None:
        return {}
    found = {}
    for field in after._meta.concrete_fields:
        was, now = getattr(before, field.attname), getattr(after, field.attname)
        if was != now and field.name not in _NOTED:
            is_shown = isinstance(field, _SHORT) and field.name not in _SECRET
            found[field.name] = [_shown(was), _shown(now)] if is_shown else [_HIDDEN, _HIDDEN]
    return found


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return value if value is None or isinstance(value, (bool, int)) else str(value)[:_MAX_CHARS]


def _record_login(sender: object, user: Any, **_: Any) -> None:
    if actor := current_actor():
        record(actor, AuditEntry.Action.LOGIN, user=user)


def _record_logout(sender: object, user: Any, **_: Any) -> None:
    if user is not None and (actor := current_actor()):
        record(actor, AuditEntry.Action.LOGOUT, user=user)


def _record_failed_login(sender: object, credentials: Mapping[str, Any], **_: Any) -> None:
    """By the name that was tried: whether there is such an account is not for the log to say."""
    if actor := current_actor():
        record(actor, AuditEntry.Action.FAILED_LOGIN, name=str(credentials.get("username") or ""))
