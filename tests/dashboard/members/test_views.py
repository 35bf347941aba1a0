"""Members and invitations on pages, and what a viewer is refused."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver

from optimizer_app.models import ApiKey, AuditEntry, Invitation, OptimizationConfig, Project, Provider
from tests.dashboard.pages import page_text

# What is one's own, or changes nothing.
_FOR_VIEWERS = frozenset(
    {
        "login", "logout", "theme", "invitation", "save_view", "change_view", "new_token", "revoke_token",
        "playground", "try_patterns", "try_config", "login_code", "oidc", "oidc_callback", "disconnect",
        "begin_two_factor", "confirm_two_factor", "new_recovery_codes", "remove_two_factor", "revoke_session",
        "revoke_other_sessions",
    }
)  # fmt: skip


def test_an_owner_invites_and_somebody_without_an_account_joins(
    as_member: Client, project: Project, client: Client
) -> None:
    answer = as_member.post(f"/projects/{project.pk}/members/invite", {"label": "Ada", "role": "viewer"})
    assert "no-store" in answer.headers["Cache-Control"]
    [link] = set(re.findall(r"http://testserver(/invitations/[\w-]+)", answer.content.decode()))
    assert "member invites you" in page_text(client, link)

    refused = client.post(link, {"username": "ada", "password": "short"}).content.decode()
    assert "too short" in refused
    client.post(link, {"username": "ada", "password": "a long pass phrase"})

    assert project.memberships.get(user__username="ada").role == "viewer"
    assert "You are in ci-agent now." in page_text(client, f"/projects/{project.pk}")
    assert client.get(link).status_code == 410


def test_somebody_with_an_account_joins(as_viewer: Client, foreign_project: Project) -> None:
    _, secret = Invitation.issue(project=foreign_project, role="editor", label="x", made_by=None)
    assert "Join as viewer" in page_text(as_viewer, f"/invitations/{secret}")
    as_viewer.post(f"/invitations/{secret}")
    assert foreign_project.memberships.get().role == "editor"


def test_roles_are_changed_and_members_removed(as_member: Client, viewer: User, project: Project) -> None:
    other = project.memberships.get(user=viewer)
    path = f"/projects/{project.pk}/members"
    as_member.post(f"{path}/{other.pk}/role", {"role": "editor"})
    other.refresh_from_db()
    assert other.role == "editor"
    as_member.post(f"{path}/{other.pk}/remove")
    assert "viewer is no longer in ci-agent." in page_text(as_member, path)
    own = project.memberships.get()
    as_member.post(f"{path}/{own.pk}/role", {"role": "viewer"})
    assert "is the only owner" in page_text(as_member, path)


def test_an_invitation_is_revoked(as_member: Client, project: Project) -> None:
    invitation, secret = Invitation.issue(project=project, role="viewer", label="Ada", made_by=None)
    as_member.post(f"/projects/{project.pk}/members/invitations/{invitation.pk}/revoke")
    assert as_member.get(f"/invitations/{secret}").status_code == 410


def test_strangers_see_no_members(as_member: Client, foreign_project: Project) -> None:
    path = f"/projects/{foreign_project.pk}/members"
    assert as_member.get(path).status_code == 404
    assert as_member.get(f"{path}/invite").status_code == 404
    invitation, _ = Invitation.issue(project=foreign_project, role="viewer", label="x", made_by=None)
    assert as_member.post(f"{path}/invitations/{invitation.pk}/revoke").status_code == 404


def test_a_viewer_looks_at_members_and_changes_none(as_viewer: Client, project: Project) -> None:
    path = f"/projects/{project.pk}/members"
    shown = page_text(as_viewer, path)
    assert "viewer" in shown
    assert "Set the role" not in shown
    refused = as_viewer.get(f"{path}/invite")
    assert refused.status_code == 403
    assert "Your role does not allow this" in refused.content.decode()


def _addresses(project: Project) -> dict[str, str]:
    """Every address of a page, with the project's own rows in the place of ids."""
    config = OptimizationConfig.objects.create(project=project, name="c", is_default=True)
    provider = Provider.objects.create(project=project, name="p", kind="echo")
    key, _ = ApiKey.issue(project=project, name="ci")
    ids = {"config_id": config.pk, "provider_id": provider.pk, "key_id": key.pk, "project_id": project.pk}
    patterns = get_resolver("dashboard.urls").reverse_dict
    found = {}
    for name in {name for name in patterns if isinstance(name, str)}:
        [(path, arguments)], *_ = patterns.getlist(name)[0][:1]
        values = {argument: ids.get(argument, uuid.uuid4()) for argument in arguments}
        numbers = {"number": 1, "member_id": 1, "action": "retry", "part": "before", "secret": "x"}
        found[name] = "/" + path % {**values, **{k: v for k, v in numbers.items() if k in arguments}}
    return found


def test_a_viewer_changes_nothing_on_any_page(as_viewer: Client, viewer: User, project: Project) -> None:
    addresses = _addresses(project)
    assert len(addresses) > 50
    for name, address in addresses.items():
        if name not in _FOR_VIEWERS:
            # A page that only shows something answers a POST as it does a GET.
            status = as_viewer.post(address, {"project": project.name, "name": "x"}).status_code
            assert status in (200, 400, 403, 404, 405), f"{name}: {status}"
    assert not AuditEntry.objects.filter(actor_id=viewer.pk).exclude(action="login").exists()
    assert [row.name for row in (*project.keys.all(), *project.configs.all())] == ["ci", "c"]


@pytest.mark.parametrize("do", ["save", "forget-x", "ask-1"])
def test_a_viewer_tries_prompts_and_neither_saves_nor_sends(
    as_viewer: Client, project: Project, do: str
) -> None:
    form = {"project": project.name, "text": "Hello", "kind": "text", "model": "gpt-4o", "save_as": "x"}
    assert as_viewer.post("/playground", {**form, "do": "run"}).status_code == 200
    as_viewer.post("/playground", {**form, "do": do})
    assert not project.playground_examples.exists()
    assert not project.traces.exists()
