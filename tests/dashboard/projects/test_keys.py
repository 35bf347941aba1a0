"""Keys of a project: shown once, in the page alone, and revoked by typing the name."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from optimizer_app.models import ApiKey, OptimizationConfig, Project
from optimizer_app.models.keys.api_key import key_hash
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace


def post_key(client: Client, project: Project, **fields: str) -> Any:
    given = {"id": str(uuid.uuid4()), "name": "ci", "scopes": ["completions"], **fields}
    return client.post(f"/projects/{project.pk}/keys/new", given)


def test_a_key_is_shown_once(as_member: Client, project: Project) -> None:
    config = OptimizationConfig.objects.create(project=project, name="agents")
    answer = post_key(as_member, project, config=str(config.pk))
    assert answer.status_code == 200
    [secret] = set(re.findall(r"tok_[\w-]{32}", answer.content.decode()))
    key = ApiKey.objects.get()
    assert (key.hash, key.config) == (key_hash(secret), config)
    assert f"Authorization: Bearer {secret}" in answer.content.decode()
    assert secret not in page_text(as_member, f"/projects/{project.pk}")


def test_neither_cookie_nor_address_nor_cache_has_it(as_member: Client, project: Project) -> None:
    answer = post_key(as_member, project)
    [secret] = set(re.findall(r"tok_[\w-]{32}", answer.content.decode()))
    assert "no-store" in answer.headers["Cache-Control"]
    assert secret not in str(answer.cookies) + str(answer.headers)
    assert secret not in str(dict(as_member.session))


def test_the_same_form_sent_again_makes_no_second_key(as_member: Client, project: Project) -> None:
    form = page_text(as_member, f"/projects/{project.pk}/keys/new")
    key_id = re.search(r'name="id" value="([0-9a-f-]{36})"', form)[1]
    assert "tok_" in post_key(as_member, project, id=key_id).content.decode()
    again = post_key(as_member, project, id=key_id)
    assert again["Location"] == f"/projects/{project.pk}"
    assert "its key is not shown again" in page_text(as_member, f"/projects/{project.pk}")
    assert ApiKey.objects.count() == 1


def test_a_key_needs_a_name_and_a_config_of_its_project(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    foreign = OptimizationConfig.objects.create(project=foreign_project, name="theirs")
    assert 'href="#id_name"' in post_key(as_member, project, name="").content.decode()
    assert 'href="#id_config"' in post_key(as_member, project, config=str(foreign.pk)).content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_by_typing_its_name(as_member: Client, project: Project) -> None:
    key, _ = ApiKey.issue(project=project, name="ci")
    path = f"/projects/{project.pk}/keys/{key.pk}/revoke"
    assert "whoever sends with it gets a 401" in page_text(as_member, path)
    assert "This is not the name of the key." in as_member.post(path, {"name": "CI"}).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None

    as_member.post(path, {"name": "ci"})

    key.refresh_from_db()
    assert key.revoked_at is not None
    page = page_text(as_member, f"/projects/{project.pk}")
    assert "ci is revoked" in page
    assert as_member.get(path).status_code == 404


def test_a_key_is_made_for_some_things_and_for_a_while(as_member: Client, project: Project) -> None:
    post_key(as_member, project, relay_paths="POST  /v1/embeddings\n\n", days="30")
    key = ApiKey.objects.get()
    assert (key.scopes, key.relay_paths) == (["completions"], ["POST /v1/embeddings"])
    assert timedelta(days=29) < key.expires_at - timezone.now() <= timedelta(days=30)
    answer = post_key(as_member, project, relay_paths="embeddings").content.decode()
    assert "is no path: write it as POST /v1/embeddings" in answer


def test_a_key_is_changed_and_keeps_its_end(as_member: Client, project: Project) -> None:
    ends = timezone.now() + timedelta(days=3)
    key, _ = ApiKey.issue(project=project, name="ci", expires_at=ends)
    form = {"name": "nightly", "scopes": ["optimize", "ingest"], "days": "kept"}

    as_member.post(f"/projects/{project.pk}/keys/{key.pk}", form)

    key.refresh_from_db()
    assert (key.name, key.scopes, key.expires_at) == ("nightly", ["optimize", "ingest"], ends)


def test_a_rotated_key_is_shown_once(as_member: Client, project: Project) -> None:
    key, old = ApiKey.issue(project=project, name="ci")
    path = f"/projects/{project.pk}/keys/{key.pk}/rotate"
    assert "Rotate the key" in page_text(as_member, path)
    answer = as_member.post(path, {"grace_hours": "2"})
    [new] = set(re.findall(r"tok_[\w-]{32}", answer.content.decode()))
    assert "no-store" in answer.headers["Cache-Control"]
    assert new not in str(answer.cookies) + str(dict(as_member.session))
    assert ApiKey.objects.usable(key_hash(new)) == ApiKey.objects.usable(key_hash(old)) == key
    assert "the secret before this one works until" in page_text(
        as_member, f"/projects/{project.pk}/keys/{key.pk}"
    )


def test_a_key_has_limits_and_its_page_says_how_much_is_used(as_member: Client, project: Project) -> None:
    fields = {
        "max_requests_per_minute": "60",
        "budget_usd": "5",
        "budget_period": "day",
        "allowed_models": "gpt-*",
        "allowed_endpoints": "POST  /v1/responses\n\n/mcp",
    }
    post_key(as_member, project, **fields)
    key = ApiKey.objects.get()
    assert (key.max_requests_per_minute, key.budget_usd, key.budget_period) == (60, 5, "day")
    assert (key.max_tokens_per_minute, key.allowed_models) == (None, ["gpt-*"])
    assert key.allowed_endpoints == ["POST /v1/responses", "/mcp"]
    assert "POST /v1/responses, /mcp" in page_text(as_member, f"/projects/{project.pk}")
    make_trace(project, api_key=key, billed_usd=Decimal("4.5"))
    page = page_text(as_member, f"/projects/{project.pk}/keys/{key.pk}")
    assert "<dt>Requests in the last minute</dt><dd><span>0 of 60</span>" in page
    assert "<dt>Billed this day</dt><dd><span>$4.50 of $5.00</span>" in page
    assert 'class="near"' in page
    assert "Tokens in the last minute" not in page


def test_limits_that_cannot_be_are_refused_at_their_field(as_member: Client, project: Project) -> None:
    for field, value in (
        ("max_requests_per_minute", "0"),
        ("budget_usd", "-1"),
        ("allowed_models", "two words"),
        ("allowed_endpoints", "responses"),
    ):
        assert f'href="#id_{field}"' in post_key(as_member, project, **{field: value}).content.decode()
    assert not ApiKey.objects.exists()
