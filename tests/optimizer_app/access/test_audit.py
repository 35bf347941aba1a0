"""What the audit log holds, and that nothing takes it away."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.utils import InternalError, ProgrammingError
from django.test import Client

from optimizer_app.models import ApiKey, AuditEntry, Project, Provider

LOGIN = "/login"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE optimizer_app_auditentry SET actor_name = 'nobody'",
        "DELETE FROM optimizer_app_auditentry",
        "TRUNCATE optimizer_app_auditentry",
    ],
)
def test_the_database_keeps_it_as_it_is(as_member: Client, project: Project, statement: str) -> None:
    with pytest.raises((InternalError, ProgrammingError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_change_is_told_with_what_it_was(as_member: Client, project: Project) -> None:
    key, _ = ApiKey.issue(project=project, name="ci")
    form = {"name": "nightly", "scopes": ["completions"], "days": ""}
    as_member.post(f"/projects/{project.pk}/keys/{key.pk}", form, REMOTE_ADDR="10.0.0.7")
    entry = AuditEntry.objects.get(kind="key", project_id=project.pk)
    assert (entry.action, entry.actor_name, entry.via, entry.address) == (
        "changed",
        "member",
        "page",
        "10.0.0.7",
    )
    assert entry.changes["name"] == ["ci", "nightly"]
    assert entry.changes["scopes"][1] == "completions"


def test_a_secret_is_never_in_it(as_member: Client, project: Project) -> None:
    provider = Provider.objects.create(
        project=project, name="p", kind="openai", base_url="http://127.0.0.1:1"
    )
    form = {"name": "p", "kind": "openai", "base_url": "http://127.0.0.2:1", "secret": "sk-very-secret"}
    as_member.post(f"/providers/{provider.pk}", form)
    entry = AuditEntry.objects.get(kind="provider", project_id=project.pk)
    assert entry.changes["encrypted_secret"] == ["…", "…"]
    assert "127.0.0" not in str(entry.changes)


def test_what_no_row_tells_is_told_by_its_name(as_member: Client, project: Project) -> None:
    as_member.post(f"/projects/{project.pk}/texts/delete", {"name": project.name})
    entry = AuditEntry.objects.get(action="did", project_id=project.pk)
    assert (entry.kind, entry.actor_name) == ("delete project texts", "member")


def test_looking_and_being_refused_leave_nothing(as_member: Client, project: Project) -> None:
    as_member.get(f"/projects/{project.pk}")
    as_member.post(f"/projects/{project.pk}/texts/delete", {"name": "another"})
    assert not AuditEntry.objects.filter(project_id=project.pk).exists()


def test_a_failed_login_is_told(client: Client, member: User) -> None:
    client.post(LOGIN, {"username": "member", "password": "wrong"}, REMOTE_ADDR="10.1.2.3")
    entry = AuditEntry.objects.filter(action="failed login").latest("id")
    assert (entry.object_name, entry.address, entry.actor_id) == ("member", "10.1.2.3", None)
    assert not AuditEntry.objects.visible_to(member).filter(pk=entry.pk).exists()


def test_background_work_is_nobodys(project: Project) -> None:
    ApiKey.issue(project=project, name="ci")
    assert not AuditEntry.objects.filter(project_id=project.pk).exists()
