"""Tokens of the management API: made and shown once, listed, revoked; one's own only."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import ApiToken, Project
from tests.dashboard.pages import page_text


def post(client: Client, **fields: Any) -> Any:
    return client.post("/tokens/new", {"id": str(uuid.uuid4()), "name": "nightly", "scope": "read", **fields})


def test_a_token_is_shown_once_and_opens_the_api(as_member: Client, project: Project) -> None:
    answer = post(as_member, projects=[str(project.pk)], days="30")
    [secret] = set(re.findall(r"mgt_[\w-]{32}", answer.content.decode()))
    assert "no-store" in answer.headers["Cache-Control"]
    assert secret not in str(answer.cookies) + str(answer.headers)
    token = ApiToken.objects.get()
    assert (token.is_bounded, list(token.projects.all()), token.may_write) == (True, [project], False)
    assert token.expires_at is not None
    listed = page_text(as_member, "/tokens")
    assert "nightly" in listed
    assert secret not in listed
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/projects/", headers=headers).status_code == 200


def test_the_same_form_sent_again_makes_no_second_token(as_member: Client) -> None:
    token_id = str(uuid.uuid4())
    assert "mgt_" in post(as_member, id=token_id).content.decode()
    assert post(as_member, id=token_id)["Location"] == "/tokens"
    assert "not shown again" in page_text(as_member, "/tokens")
    assert ApiToken.objects.count() == 1


def test_a_foreign_project_cannot_be_chosen(as_member: Client, foreign_project: Project) -> None:
    assert "thing to correct" in post(as_member, projects=[str(foreign_project.pk)]).content.decode()
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked(as_member: Client, member: User) -> None:
    token, _ = ApiToken.issue(user=member, name="nightly")
    assert "cannot be brought back" in page_text(as_member, f"/tokens/{token.pk}/revoke")
    as_member.post(f"/tokens/{token.pk}/revoke")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "revoked" in page_text(as_member, "/tokens")


def test_anothers_token_does_not_exist(as_member: Client, admin: User) -> None:
    token, _ = ApiToken.issue(user=admin, name="theirs")
    assert "theirs" not in page_text(as_member, "/tokens")
    assert as_member.post(f"/tokens/{token.pk}/revoke").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None
