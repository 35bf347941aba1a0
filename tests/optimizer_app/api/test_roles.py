"""Roles, members, invitations and the audit log by the management API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import (
    ApiKey,
    ApiToken,
    AuditEntry,
    Invitation,
    OptimizationConfig,
    Project,
    Provider,
    SecondFactor,
)
from tests.optimizer_app.api.conftest import Caller


@pytest.fixture
def as_viewer_by_token(viewer: User) -> Caller:
    return Caller(ApiToken.issue(user=viewer, name="v", scope=ApiToken.Scope.WRITE)[1])


def test_a_viewers_token_changes_nothing(as_viewer_by_token: Caller, project: Project) -> None:
    key, _ = ApiKey.issue(project=project, name="ci")
    config = OptimizationConfig.objects.create(project=project, name="c", is_default=True)
    provider = Provider.objects.create(project=project, name="p", kind="echo")
    call, own = as_viewer_by_token, str(project.pk)
    assert call("GET", f"keys/{key.pk}/").status == 200
    for method, path, body in (
        ("PATCH", f"projects/{own}/", {"name": "x"}),
        ("PATCH", f"keys/{key.pk}/", {"name": "x"}),
        ("POST", f"keys/{key.pk}/rotate/", {}),
        ("DELETE", f"keys/{key.pk}/", None),
        ("DELETE", f"configs/{config.pk}/", None),
        ("POST", f"configs/{config.pk}/make-default/", {}),
        ("PATCH", f"providers/{provider.pk}/", {"name": "x"}),
        ("POST", f"providers/{provider.pk}/test/", {}),
    ):
        refused = call(method, path, body)
        assert (refused.status, refused.error["type"]) == (403, "not_allowed"), path
    for path in ("keys/", "configs/", "providers/", "prompts/", "invitations/"):
        made = call("POST", path, {"project": own, "name": "x", "kind": "echo"})
        assert made.status == 400, path


def test_an_editor_changes_configs_and_no_keys(
    viewer: User, as_viewer_by_token: Caller, project: Project
) -> None:
    project.memberships.filter(user=viewer).update(role="editor")
    body = {"project": str(project.pk), "name": "x", "preset": "safe"}
    assert as_viewer_by_token("POST", "configs/", body).status == 201
    assert as_viewer_by_token("POST", "keys/", body).status == 400


def test_members_are_listed_changed_and_removed(
    call: Caller, viewer: User, project: Project, foreign_project: Project
) -> None:
    foreign_project.members.add(viewer)
    rows = call("GET", "members/").body["results"]
    assert {(row["user"], row["role"]) for row in rows} == {("member", "owner"), ("viewer", "viewer")}
    [own] = [row["id"] for row in rows if row["user"] == "member"]
    [other] = [row["id"] for row in rows if row["user"] == "viewer"]
    assert call("PATCH", f"members/{other}/", {"role": "editor"}).body["role"] == "editor"
    assert call("DELETE", f"members/{own}/").status == 409
    assert call("DELETE", f"members/{other}/").status == 204
    foreign = foreign_project.memberships.get().pk
    assert call("DELETE", f"members/{foreign}/").status == 404


def test_an_invitation_is_shown_once_and_revoked(call: Caller, project: Project) -> None:
    made = call("POST", "invitations/", {"project": str(project.pk), "name": "Ada", "role": "editor"}).body
    invitation = Invitation.objects.with_secret(made["link"].rpartition("/")[2])
    assert (str(invitation.pk), invitation.role) == (made["id"], "editor")
    assert "link" not in call("GET", f"invitations/{made['id']}/").body
    assert call("DELETE", f"invitations/{made['id']}/").status == 204
    assert call("GET", "invitations/").body["results"] == []


def test_the_log_says_by_which_token(call: Caller, project: Project, foreign_project: Project) -> None:
    call("PATCH", f"projects/{project.pk}/", {"name": "renamed"})
    [entry] = call("GET", f"audit/?project={project.pk}").body["results"]
    assert (entry["kind"], entry["changes"]) == ("project", {"name": ["ci-agent", "renamed"]})
    assert entry["via"].startswith("token ")
    assert call("GET", f"audit/?project={foreign_project.pk}").status == 400


def test_rows_of_strangers_are_not_there(call: Caller, viewer: User, foreign_project: Project) -> None:
    key, _ = ApiKey.issue(project=foreign_project, name="theirs")
    invitation, _ = Invitation.issue(project=foreign_project, role="viewer", label="x", made_by=None)
    foreign_project.members.add(viewer)
    member = foreign_project.memberships.get()
    entry = AuditEntry.objects.create(project_id=foreign_project.pk, action="changed")
    for method, path in (
        ("PATCH", f"keys/{key.pk}/"),
        ("POST", f"keys/{key.pk}/rotate/"),
        ("GET", f"invitations/{invitation.pk}/"),
        ("DELETE", f"invitations/{invitation.pk}/"),
        ("GET", f"members/{member.pk}/"),
        ("PATCH", f"members/{member.pk}/"),
        ("GET", f"audit/{entry.pk}/"),
    ):
        assert call(method, path, {} if method != "GET" else None).status == 404, path


def test_ones_own_sessions_and_how_one_signs_in(
    call: Caller, member: User, viewer: User, project: Project, issue: Callable[..., Caller]
) -> None:
    here, there, other = Client(), Client(), Client()
    for client, user in ((here, member), (there, member), (other, viewer)):
        client.force_login(user)
    rows = call("GET", "sessions/").body["results"]
    assert [row["is_this"] for row in rows] == [False, False]
    [own] = [row for row in here.get("/api/sessions/").json()["results"] if row["is_this"]]
    foreign = viewer.sessions.get().pk
    assert call("DELETE", f"sessions/{foreign}/").status == 404
    assert here.post("/api/sessions/end-others/").status_code == 204
    assert [row["id"] for row in call("GET", "sessions/").body["results"]] == [own["id"]]
    assert (there.get("/account").status_code, other.get("/account").status_code) == (302, 200)
    assert call("DELETE", f"sessions/{own['id']}/").status == 204
    assert here.get("/account").status_code == 302
    factor = SecondFactor.begin(member)
    SecondFactor.objects.filter(pk=factor.pk).update(confirmed=True)
    factor.new_recovery_codes()
    found = {"user": "member", "has_password": True, "two_factor": True, "recovery_codes": 10}
    assert call("GET", "sessions/sign-in/").body == {**found, "single_sign_on": []}
    bound = issue(user=member, scope="write", projects=[project])
    assert (bound("GET", "sessions/").status, bound("GET", "sessions/sign-in/").status) == (403, 403)
