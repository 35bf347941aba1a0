"""Who may see and do what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from optimizer_app.models import ApiKey, ApiToken, OptimizationConfig, Project, Provider
from tests.optimizer_app.api.conftest import Caller

LISTS = ["projects", "keys", "configs", "providers", "documents", "traces", "tokens"]


@pytest.mark.parametrize("path", [*LISTS, "prices", "system"])
def test_nobody_gets_nothing(db: None, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer mgt_wrong"}, {"Authorization": "Basic eA=="}):
        answer = Client().get(f"/api/{path}/", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["error"]["type"] == "not_authenticated"


def test_a_key_of_the_gateway_is_told_apart(project: Project) -> None:
    _, secret = ApiKey.issue(project=project, name="agent")
    answer = Caller(secret)("GET", "projects/")
    assert (answer.status, "take" in answer.error["message"]) == (401, True)
    assert secret not in str(answer.body)


@pytest.mark.parametrize("path", LISTS[:-1])
def test_others_rows_do_not_exist(call: Caller, foreign_project: Project, path: str) -> None:
    OptimizationConfig.objects.create(project=foreign_project, name="balanced")
    ApiKey.issue(project=foreign_project, name="theirs")
    Provider.objects.create(project=foreign_project, name="theirs", kind="echo")
    listed = call("GET", f"{path}/")
    assert listed.status == 200
    assert str(foreign_project.pk) not in str(listed.body)
    filtered = call("GET", f"{path}/?project={foreign_project.pk}")
    if path != "projects":
        assert (filtered.status, list(filtered.error["fields"])) == (400, ["project"])


def test_a_foreign_row_is_a_404_a_foreign_project_an_error(call: Caller, foreign_project: Project) -> None:
    theirs, _ = ApiKey.issue(project=foreign_project, name="theirs")
    assert call("GET", f"keys/{theirs.pk}/").status == 404
    assert call("DELETE", f"keys/{theirs.pk}/").status == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None
    made = call("POST", "keys/", {"project": str(foreign_project.pk), "name": "mine"})
    assert (made.status, list(made.error["fields"])) == (400, ["project"])
    assert ApiKey.objects.count() == 1


def test_a_token_that_may_read_changes_nothing(
    member: User, issue: Callable[..., Caller], project: Project
) -> None:
    read = issue(user=member)
    assert read("GET", "projects/").status == 200
    refused = read("POST", "keys/", {"project": str(project.pk), "name": "new"})
    assert (refused.status, refused.error["type"]) == (403, "not_allowed")
    assert not ApiKey.objects.exists()


def test_a_token_is_bound_to_its_projects(
    member: User, issue: Callable[..., Caller], project: Project, foreign_project: Project
) -> None:
    foreign_project.members.add(member, through_defaults={"role": "owner"})
    bound = issue(user=member, projects=[foreign_project])
    assert [row["name"] for row in bound("GET", "projects/").body["results"]] == ["not-yours"]
    foreign_project.delete()
    assert bound("GET", "projects/").body["results"] == []


@pytest.mark.parametrize("end", ["expired", "revoked", "inactive"])
def test_a_token_that_ended_opens_nothing(member: User, end: str) -> None:
    token, secret = ApiToken.issue(user=member, name="old")
    assert Caller(secret)("GET", "projects/").status == 200
    if end == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "revoked":
        token.revoke()
    else:
        User.objects.update(is_active=False)
    assert Caller(secret)("GET", "projects/").status == 401


def test_the_last_use_is_noted(member: User) -> None:
    token, secret = ApiToken.issue(user=member, name="script")
    Caller(secret)("GET", "projects/")
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_what_concerns_the_instance_is_for_staff(call: Caller, call_as_staff: Caller) -> None:
    price = {"input_usd": "1", "output_usd": "2"}
    assert call("GET", "system/").status == 403
    assert call("PUT", "prices/our/model/", price).status == 403
    assert call("POST", "projects/", {"name": "new"}).status == 403
    assert {part["name"] for part in call_as_staff("GET", "system/").body} >= {"PostgreSQL", "Valkey"}
    assert call_as_staff("PUT", "prices/our/model/", price).status == 200
    assert call_as_staff("POST", "projects/", {"name": "new"}).status == 201


def test_a_session_needs_its_csrf_token(member: User, project: Project) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    body = {"project": str(project.pk), "name": "new"}
    assert client.get("/api/projects/").status_code == 200
    assert client.post("/api/keys/", body, content_type="application/json").status_code == 403
    client.get("/")
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert (
        client.post("/api/keys/", body, content_type="application/json", headers=headers).status_code == 201
    )


@pytest.mark.parametrize(
    "path", [*LISTS, "captures", "examples", "invitations", "prompts", "regression-cases"]
)
def test_an_id_that_is_none_is_not_found(call: Caller, path: str) -> None:
    assert call("GET", f"{path}/{'0' * 36}/").status == 404


@pytest.mark.parametrize("path", ["projects", "playground", "playground/ask", "prices", "sessions"])
def test_what_may_be_sent_stands_in_the_schema_alone(call: Caller, path: str) -> None:
    answer = call("OPTIONS", f"{path}/")
    assert (answer.status, answer.error["type"]) == (405, "method_not_allowed")
