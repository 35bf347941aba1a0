"""What each collection does."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import (
    ApiKey,
    ApiToken,
    Document,
    OptimizationConfig,
    Project,
    Provider,
)
from optimizer_app.models.keys.api_key import key_hash
from optimizer_app.traces.feedback import Feedback, give_feedback
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.api.conftest import Caller


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return create_config(project, "balanced", ConfigValues("balanced"), author=None, is_default=True)


def test_a_key_is_made_shown_once_and_revoked(call: Caller, project: Project) -> None:
    made = call("POST", "keys/", {"project": str(project.pk), "name": "agent"})
    assert made.status == 201
    assert made.body["secret"].startswith("tok_")
    key = ApiKey.objects.get(pk=made.body["id"])
    assert key.hash == key_hash(made.body["secret"])
    shown = call("GET", f"keys/{key.pk}/").body
    assert (shown["name"], shown["shown_prefix"], "secret" in shown) == (
        "agent",
        made.body["secret"][:8],
        False,
    )
    changed = call(
        "PATCH", f"keys/{key.pk}/", {"scopes": ["passthrough"], "relay_paths": ["/v1/files/*"]}
    ).body
    assert (changed["name"], changed["scopes"]) == ("agent", ["passthrough"])
    assert call("PATCH", f"keys/{key.pk}/", {"relay_paths": ["files"]}).error["fields"].keys() == {
        "relay_paths"
    }
    rotated = call("POST", f"keys/{key.pk}/rotate/", {"grace_hours": 1}).body
    assert rotated["secret"] != made.body["secret"]
    assert rotated["previous_until"]
    assert call("DELETE", f"keys/{key.pk}/").status == 204
    assert call("POST", f"keys/{key.pk}/rotate/", {}).status == 409
    assert call("GET", f"keys/{key.pk}/").body["revoked_at"]


def test_keys_and_projects_have_limits_and_say_what_is_used(call: Caller, project: Project) -> None:
    given = {
        "max_requests_per_minute": 9,
        "budget_usd": "2.50",
        "allowed_models": ["gpt-*"],
        "allowed_endpoints": ["POST /v1/responses"],
    }
    key = call("POST", "keys/", {"project": str(project.pk), "name": "agent", **given}).body
    assert {name: key[name] for name in given} == given
    changed = call("PATCH", f"keys/{key['id']}/", {"budget_usd": None, "budget_period": "day"}).body
    assert (changed["budget_usd"], changed["budget_period"]) == (None, "day")
    assert changed["max_requests_per_minute"] == 9
    assert call("GET", f"keys/{key['id']}/use/").body == [
        {"name": "requests_per_minute", "used": 0, "limit": 9}
    ]
    changed = call("PATCH", f"projects/{project.pk}/", {"max_concurrent_requests": 4}).body
    assert changed["max_concurrent_requests"] == 4
    assert call("GET", f"projects/{project.pk}/use/").body == [
        {"name": "concurrent_requests", "used": 0, "limit": 4}
    ]
    wrong = {"allowed_models": ["a b"], "allowed_endpoints": ["responses"], "max_tokens_per_minute": 0}
    assert call("PATCH", f"keys/{key['id']}/", wrong).error["fields"].keys() == wrong.keys()


def test_an_error_names_the_field(call: Caller, project: Project) -> None:
    refused = call("POST", "keys/", {"project": str(project.pk), "name": "n" * 101})
    assert (refused.status, refused.error["type"]) == (400, "invalid_request")
    assert list(refused.error["fields"]) == ["name"]
    assert refused.error["message"].startswith("name: ")
    assert call("POST", "keys/").error["fields"].keys() == {"project", "name"}


def test_a_config_is_made_published_and_rolled_back(call: Caller, project: Project) -> None:
    made = call("POST", "configs/", {"project": str(project.pk), "name": "careful", "preset": "safe"})
    assert (made.status, made.body["version"], made.body["fields"]) == (201, 1, {})
    place = f"configs/{made.body['id']}"
    change = {
        "preset": "safe",
        "fields": {"keep_last_n_turns": 9},
        "base_version": 1,
        "note": "agents forget",
    }
    assert call("POST", f"{place}/publish/", change).body["number"] == 2
    assert call("GET", f"{place}/").body["fields"] == {"keep_last_n_turns": 9}
    late = call("POST", f"{place}/publish/", {**change, "fields": {"keep_last_n_turns": 5}})
    assert (late.status, late.error["live_version"]) == (409, 2)
    assert [changed["field"] for changed in late.error["changes"]] == ["keep_last_n_turns"]
    assert call("POST", f"{place}/roll-back/", {"version": 1, "base_version": 2}).body["copy_of"] == 1
    assert call("POST", f"{place}/roll-back/", {"version": 7, "base_version": 3}).status == 404
    assert [row["number"] for row in call("GET", f"{place}/versions/").body] == [3, 2, 1]
    assert call("GET", f"{place}/export/").body["preset"] == "safe"


def test_a_bad_field_of_a_config_is_named(call: Caller, config: OptimizationConfig) -> None:
    sent = {"preset": "balanced", "fields": {"keep_last_n_turns": -1, "no_such": 1}, "base_version": 1}
    refused = call("POST", f"configs/{config.pk}/publish/", sent)
    assert refused.status == 400
    assert refused.error["fields"].keys() == {"fields.keep_last_n_turns", "fields.no_such"}


def test_a_config_that_keys_use_stays(call: Caller, config: OptimizationConfig) -> None:
    ApiKey.issue(project=config.project, name="agent")
    refused = call("DELETE", f"configs/{config.pk}/")
    assert (refused.status, [key["name"] for key in refused.error["keys"]]) == (409, ["agent"])
    assert OptimizationConfig.objects.filter(pk=config.pk).exists()


def test_a_config_becomes_the_default(call: Caller, config: OptimizationConfig) -> None:
    other = create_config(config.project, "other", ConfigValues("safe"), author=None)
    assert call("POST", f"configs/{other.pk}/make-default/").body["is_default"] is True
    config.refresh_from_db()
    assert not config.is_default


def test_a_project_is_changed_all_or_nothing(
    call: Caller, project: Project, foreign_project: Project, config: OptimizationConfig
) -> None:
    place = f"projects/{project.pk}/"
    changed = call("PATCH", place, {"name": "renamed"})
    assert (changed.status, changed.body["name"]) == (200, "renamed")
    assert changed.body["default_config"] == str(config.pk)
    drained = call("PATCH", place, {"drain_seconds": 9}).body
    assert (drained["drain_seconds"], drained["drain_tokens"]) == (9, 1000)
    assert call("PATCH", place, {"drain_seconds": 61}).status == 400
    taken = call("PATCH", place, {"name": foreign_project.name})
    assert (taken.status, list(taken.error["fields"])) == (400, ["name"])
    unsafe = call("PATCH", place, {"name": "third", "analytics_url": "http://169.254.169.254/"})
    assert (unsafe.status, list(unsafe.error["fields"])) == (400, ["analytics_url"])
    project.refresh_from_db()
    assert project.name == "renamed"


def test_a_providers_secret_goes_in_and_never_comes_out(call: Caller, project: Project) -> None:
    sent = {
        "project": str(project.pk),
        "name": "main",
        "kind": "openai",
        "base_url": "https://api.openai.com/v1",
        "secret": "sk-very-secret",
    }
    made = call("POST", "providers/", sent)
    assert (made.status, made.body["has_secret"]) == (201, True)
    changed = call("PATCH", f"providers/{made.body['id']}/", {"name": "renamed"})
    assert "sk-very-secret" not in str((made.body, changed.body))
    provider = Provider.objects.get()
    assert (provider.name, provider.secret()) == ("renamed", "sk-very-secret")
    place = f"providers/{provider.pk}/"
    unsafe = call("PATCH", place, {"base_url": "http://169.254.169.254/", "secret": "x"})
    assert (unsafe.status, list(unsafe.error["fields"])) == (400, ["base_url"])
    moved = call("PATCH", place, {"base_url": "https://elsewhere.example/v1"})
    assert (moved.status, list(moved.error["fields"])) == (400, ["secret"])
    taken = call("POST", "providers/", {**sent, "name": "renamed"})
    assert (taken.status, list(taken.error["fields"])) == (400, ["name"])
    assert call("DELETE", place).status == 204


def test_a_provider_is_tried(call: Caller, project: Project) -> None:
    echo = Provider.objects.create(project=project, name="main", kind="echo")
    assert call("POST", f"providers/{echo.pk}/test/").body["works"] is True


def test_a_provider_of_the_environment_stays(call: Caller, project: Project, settings: Any) -> None:
    settings.OPENAI_API_KEY = "sk-of-the-environment"
    mine = Provider.objects.create(project=project, name="openai", kind="openai", trusted=True)
    assert call("PATCH", f"providers/{mine.pk}/", {"name": "x"}).status == 409
    assert call("DELETE", f"providers/{mine.pk}/").status == 409
    assert Provider.objects.filter(pk=mine.pk, name="openai").exists()


def test_traces_are_filtered_and_paged(call: Caller, project: Project) -> None:
    first = make_trace(project, age=timedelta(hours=2), model="gpt-5", blocks=[])
    for _ in range(3):
        make_trace(project)
    listed = call("GET", "traces/?limit=3").body
    assert ["blocks" in row for row in listed["results"]] == [False] * 3
    assert listed["results"][0]["tokens_saved"] == 600
    following = call("GET", listed["next"].partition("/api/")[2]).body
    assert [row["id"] for row in following["results"]] == [str(first.pk)]
    assert following["next"] is None
    since = (timezone.now() - timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert len(call("GET", f"traces/?since={since}").body["results"]) == 3
    assert len(call("GET", f"traces/?until={since}").body["results"]) == 1
    assert call("GET", "traces/?until=0095-04-12T00:00:00Z").body["results"] == []
    assert len(call("GET", "traces/?model=gpt-5").body["results"]) == 1
    assert list(call("GET", "traces/?status=no").error["fields"]) == ["status"]
    detail = call("GET", f"traces/{first.pk}/").body
    assert detail["blocks"] == []


def test_documents_are_listed_searched_and_deleted(call: Caller, project: Project) -> None:
    document = Document.objects.create(
        project=project, external_id="faq", size_bytes=3, content_hash="x", state="failed", reason="no text"
    )
    (row,) = call("GET", "documents/?state=failed").body["results"]
    assert (row["external_id"], row["reason"], "content_hash" in row) == ("faq", "no text", False)
    refused = call("POST", f"documents/{document.pk}/retry/")
    assert (refused.status, refused.error["type"]) == (409, "conflict")
    asked = {"project": str(project.pk), "query": "where?"}
    assert call("POST", "documents/search/", asked).body["passages"] == []
    assert list(call("POST", "documents/search/", {**asked, "types": ["x"]}).error["fields"]) == ["types.0"]
    assert call("DELETE", f"documents/{document.pk}/").status == 204
    assert not Document.objects.exists()


def test_a_document_is_queued_as_text_or_as_a_file(call: Caller, project: Project) -> None:
    text = {"project": str(project.pk), "external_id": "faq", "content": "Where? Here."}
    packed = base64.b64encode(b"%PDF-1.7 x").decode()
    file = {**text, "external_id": "a.pdf", "content": packed, "encoding": "base64", "title": "A"}
    for sent, source in ((text, b"Where? Here."), (file, b"%PDF-1.7 x")):
        made = call("POST", "documents/", sent)
        assert (made.status, made.body["external_id"]) == (202, sent["external_id"])
        assert bytes(Document.objects.get(pk=made.body["id"]).source) == source
    for field, value in (("content", "no base64!"), ("type", "x"), ("external_id", "x" * 2_000)):
        assert call("POST", "documents/", {**file, field: value}).status == 400, field
    assert Document.objects.count() == 2


def test_a_price_is_set_and_taken_back(call_as_staff: Caller) -> None:
    price = {"input_usd": "1.5", "output_usd": "6"}
    assert call_as_staff("PUT", "prices/our/model/", price).body["prices"]["input_usd"] == "1.500000"
    (row,) = call_as_staff("GET", "prices/").body
    assert (row["model"], row["is_overridden"]) == ("our/model", True)
    assert list(call_as_staff("PUT", "prices/our/model/", {**price, "input_usd": -1}).error["fields"]) == [
        "input_usd"
    ]
    assert call_as_staff("DELETE", "prices/our/model/").status == 204
    assert call_as_staff("DELETE", "prices/our/model/").status == 404


def test_a_models_window_and_cache_rules_are_set_and_taken_back(call: Caller, call_as_staff: Caller) -> None:
    rules = {"context_window_tokens": 32_000, "cache_breakpoints": "newest"}
    assert call("PUT", "model-rules/our/model/", rules).status == 403
    shown = call_as_staff("PUT", "model-rules/our/model/", rules).body
    assert [rule["value"] for rule in shown] == [32_000, 1024, 128, 600, "newest"]
    assert [rule["origin"] == "set here" for rule in shown] == [True, False, False, False, True]
    assert call("GET", "model-rules/our/model/").body == shown
    refused = call_as_staff(
        "PUT", "model-rules/our/model/", {"cache_step_tokens": 0, "cache_breakpoints": "x"}
    )
    assert sorted(refused.error["fields"]) == ["cache_breakpoints", "cache_step_tokens"]
    assert call_as_staff("DELETE", "model-rules/our/model/").status == 204
    assert call_as_staff("DELETE", "model-rules/our/model/").status == 404


def test_tokens_are_made_by_people_alone(call: Caller, member: User, project: Project) -> None:
    assert call("POST", "tokens/", {"name": "second"}).status == 403
    client = Client()
    client.force_login(member)
    body = {"name": "second", "scope": "write", "projects": [str(project.pk)]}
    made = client.post("/api/tokens/", body, content_type="application/json").json()
    second = Caller(made["secret"])
    assert second("GET", "projects/").status == 200
    past = {"name": "late", "expires_at": "2020-01-01T00:00:00Z"}
    refused = client.post("/api/tokens/", past, content_type="application/json")
    assert list(refused.json()["error"]["fields"]) == ["expires_at"]
    assert second("DELETE", f"tokens/{made['id']}/").status == 204
    assert second("GET", "projects/").status == 401
    assert ApiToken.objects.get(pk=made["id"]).revoked_at is not None


def test_views_are_saved_renamed_and_deleted(call: Caller, project: Project) -> None:
    made = call("POST", "views/", {"name": "Failed", "project": str(project.pk), "query": "flag=failed"})
    assert (made.status, made.body["query"]) == (201, "flag=failed")
    (listed,) = call("GET", f"views/?project={project.pk}").body["results"]
    assert listed["name"] == "Failed"
    again = call("POST", "views/", {"name": "Failed", "project": str(project.pk)})
    assert (again.status, list(again.error["fields"])) == (400, ["name"])
    assert call("PATCH", f"views/{made.body['id']}/", {"name": "Broken"}).body["name"] == "Broken"
    assert call("DELETE", f"views/{made.body['id']}/").status == 204
    assert call("GET", "views/").body["results"] == []


def test_an_unknown_path_is_an_error_in_json(db: None) -> None:
    answer = Client().get("/api/no/such/")
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found")


def test_feedback_on_a_request(call: Caller, project: Project) -> None:
    trace, key = make_trace(project), ApiKey.issue(project=project, name="ci")[0]
    give_feedback(trace, key.pk, Feedback(1, "good"))
    (said,) = call("GET", f"traces/{trace.pk}/").body["feedback"]
    assert (said["score"], said["label"], said["api_key"]) == (1, "good", str(key.pk))
    assert [row["id"] for row in call("GET", "traces/?flag=liked").body["results"]] == [str(trace.pk)]
