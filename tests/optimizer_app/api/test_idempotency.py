"""A POST that comes again."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from optimizer_app.models import ApiKey, Project
from tests.optimizer_app.api.conftest import Caller

pytestmark = pytest.mark.usefixtures("empty_cache")


def test_it_answers_as_before_and_does_nothing(call: Caller, project: Project) -> None:
    body = {"project": str(project.pk), "name": "agent"}
    first, again = (call("POST", "keys/", body, Idempotency_Key="one") for _ in range(2))
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert ApiKey.objects.count() == 1
    assert call("POST", "keys/", body, Idempotency_Key="two").body["id"] != first.body["id"]


def test_the_same_key_with_another_body_is_refused(call: Caller, project: Project) -> None:
    body = {"project": str(project.pk), "name": "agent"}
    call("POST", "keys/", body, Idempotency_Key="one")
    refused = call("POST", "keys/", {**body, "name": "other"}, Idempotency_Key="one")
    assert (refused.status, refused.error["type"]) == (422, "idempotency_key_reused")


def test_what_was_refused_may_be_sent_again(call: Caller, project: Project) -> None:
    assert call("POST", "keys/", {"name": "agent"}, Idempotency_Key="one").status == 400
    body = {"project": str(project.pk), "name": "agent"}
    assert call("POST", "keys/", body, Idempotency_Key="one").status == 201


def test_nobody_meets_anothers_answer(call: Caller, call_as_staff: Caller, project: Project) -> None:
    body = {"project": str(project.pk), "name": "agent"}
    mine = call("POST", "keys/", body, Idempotency_Key="one")
    theirs = call_as_staff("POST", "keys/", body, Idempotency_Key="one")
    assert mine.body["secret"] != theirs.body["secret"]


def test_the_secret_is_not_readable_in_the_cache(call: Caller, project: Project) -> None:
    made = call("POST", "keys/", {"project": str(project.pk), "name": "a"}, Idempotency_Key="one")
    client = cache._cache.get_client()  # type: ignore[attr-defined]
    stored = [client.get(key) for key in client.keys("*api-idempotency*")]
    assert stored
    assert all(made.body["secret"].encode() not in value for value in stored)
