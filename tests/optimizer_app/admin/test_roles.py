"""Roles in the admin: a viewer looks, staff is no superuser, and no secret goes elsewhere."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from tests.optimizer_app.admin.pages import page, rows
from tests.optimizer_app.admin.test_providers import provider_form

CHANGED = ("project", "apikey", "optimizationconfig", "provider")


def become(member, project, role):
    project.memberships.update(role=role)
    return member


@pytest.mark.parametrize("model", CHANGED)
def test_a_viewer_looks_and_changes_nothing(member, ours, model):
    client, row = become(member, ours, "viewer"), rows(ours)[model]
    assert client.get(page(model, "change", row.pk)).status_code == 200
    assert client.post(page(model, "change", row.pk), {"name": "changed"}).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.get(page(model, "add")).status_code == 403
    client.post(page(model), {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"})
    client.post(page(model), {"action": "revoke", "_selected_action": [str(row.pk)]})
    row.refresh_from_db()
    assert getattr(row, "revoked_at", None) is None


def test_an_editor_changes_configs_and_no_keys(member, ours):
    client, found = become(member, ours, "editor"), rows(ours)
    key, config = found["apikey"], found["optimizationconfig"]
    assert client.post(page("apikey", "change", key.pk), {"name": "changed"}).status_code == 403
    form = {"project": str(ours.pk), "name": "changed", "preset": "safe", "fields": "", "is_default": "on"}
    client.post(page("optimizationconfig", "change", config.pk), form)
    config.refresh_from_db()
    assert config.name == "changed"


def test_a_role_in_one_project_is_none_in_another(member, ours, theirs):
    theirs.members.add(User.objects.get(username="member"), through_defaults={"role": "viewer"})
    foreign = rows(theirs)["provider"]
    assert member.post(page("provider", "change", foreign.pk), {"name": "changed"}).status_code == 403
    moved = provider_form(rows(ours)["provider"], project=str(theirs.pk), secret="sk-new")
    answer = member.post(page("provider", "change", rows(ours)["provider"].pk), moved)
    assert "not one of the available choices" in answer.content.decode()


@pytest.mark.parametrize("changes", [{"kind": "anthropic"}, {"base_url": "http://127.0.0.2:9"}])
def test_a_secret_goes_to_no_other_place(admin_client, ours, changes):
    provider = ours.providers.get()
    form = provider_form(provider, **changes)
    answer = admin_client.post(page("provider", "change", provider.pk), form)
    assert "Enter the secret again" in answer.content.decode()


@pytest.mark.parametrize("model", ["user", "group"])
def test_staff_sees_no_users_and_becomes_no_superuser(member, model):
    user = User.objects.get(username="member")
    user.user_permissions.set(Permission.objects.all())
    assert member.get(reverse(f"admin:auth_{model}_changelist")).status_code == 403
    member.post(
        reverse("admin:auth_user_change", args=[user.pk]), {"username": "member", "is_superuser": "on"}
    )
    user.refresh_from_db()
    assert not user.is_superuser


def test_staff_adds_no_members(member, ours):
    other = User.objects.create_user("zelda")
    form = {
        "name": ours.name,
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        "memberships-1-user": str(other.pk),
        "memberships-1-role": "owner",
    }
    member.post(page("project", "change", ours.pk), form)
    assert not ours.members.filter(pk=other.pk).exists()
    assert "zelda" not in member.get(page("project", "change", ours.pk)).content.decode()
