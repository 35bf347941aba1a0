"""Routes, what providers have of their own, and tags of requests, by the management API."""

from __future__ import annotations

import uuid

import pytest

from optimizer_app.models import Project, Provider
from optimizer_app.providers.change import ProviderValues, add_provider
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.api.conftest import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(project: Project) -> Provider:
    return add_provider(project, ProviderValues("house", "openai"))


def test_a_route_is_made_changed_moved_and_removed(call: Caller, project: Project, house: Provider) -> None:
    target = {"provider": str(house.pk), "model": "deployed", "weight": 2}
    made = call("POST", "routes/", {"project": str(project.pk), "pattern": "gpt-*", "targets": [target]})
    assert (made.status, made.body["targets"], made.body["max_retries"]) == (201, [target], 2)
    place = f"routes/{made.body['id']}/"
    changed = call("PATCH", place, {"max_retries": 0})
    assert (changed.body["max_retries"], changed.body["targets"]) == (0, [target])
    second = {"project": str(project.pk), "pattern": "*", "targets": [{"provider": str(house.pk)}]}
    call("POST", "routes/", second)
    assert call("POST", f"{place}move/", {"position": 1}).body["position"] == 1
    assert [row["pattern"] for row in call("GET", "routes/").body["results"]] == ["*", "gpt-*"]
    assert call("DELETE", place).status == 204


def test_what_is_refused_names_its_field(
    call: Caller, project: Project, house: Provider, foreign_project: Project
) -> None:
    theirs = add_provider(foreign_project, ProviderValues("theirs", "openai"))
    sent = {"project": str(project.pk), "pattern": "gpt-*", "targets": [{"provider": str(house.pk)}]}
    for field, value in (
        ("pattern", "two words"),
        ("targets", []),
        ("targets", [{"provider": str(theirs.pk)}]),
        ("targets", [{"provider": str(house.pk), "weight": -1}]),
        ("project", str(foreign_project.pk)),
    ):
        refused = call("POST", "routes/", {**sent, field: value})
        assert refused.status == 400, field
        assert any(name.startswith(field) for name in refused.error["fields"])
    call("POST", "routes/", sent)
    assert "pattern" in call("POST", "routes/", sent).error["fields"]
    in_use = call("DELETE", f"providers/{house.pk}/")
    assert in_use.status == 409
    assert "gpt-*" in in_use.error["message"]


def test_where_a_model_would_go(call: Caller, project: Project, house: Provider) -> None:
    sent = {"project": str(project.pk), "pattern": "gpt-*", "targets": [{"provider": str(house.pk)}]}
    route = call("POST", "routes/", sent).body["id"]
    way = call("GET", f"routes/for-model/?project={project.pk}&model=gpt-4o").body
    assert way == {
        "model": "gpt-4o",
        "route": route,
        "destinations": [{"name": "house", "model": "gpt-4o", "share": 1.0}],
    }
    other = call("GET", f"routes/for-model/?project={project.pk}&model=o3&kind=anthropic").body
    assert (other["route"], other["destinations"]) == (None, [])
    assert call("GET", f"routes/for-model/?project={uuid.uuid4()}&model=o3").status == 400


def test_headers_of_a_provider(call: Caller, project: Project) -> None:
    sent = {"project": str(project.pk), "name": "azure", "kind": "openai", "headers": {"x-tenant": "blue"}}
    made = call("POST", "providers/", {**sent, "secret_headers": {"api-key": "sk-hidden", "x-old": "1"}})
    assert (made.status, made.body["headers"]) == (201, {"x-tenant": "blue"})
    assert made.body["secret_header_names"] == ["api-key", "x-old"]
    place = f"providers/{made.body['id']}/"
    changed = call("PATCH", place, {"secret_headers": {"X-Old": None}, "idle_timeout_seconds": 5})
    assert (changed.body["secret_header_names"], changed.body["idle_timeout_seconds"]) == (["api-key"], 5.0)
    assert Provider.objects.get().secret_headers() == {"api-key": "sk-hidden"}
    assert "sk-hidden" not in str(call("GET", "providers/").body)
    for headers in ({"host": "x"}, {"a b": "c"}, {"x": "two\nlines"}, {"x": ""}):
        assert call("PATCH", place, {"headers": headers}).status == 400
    moved = call("PATCH", place, {"base_url": "https://other.example/v1"})
    assert (moved.status, set(moved.error["fields"])) == (400, {"secret"})


def test_how_a_provider_is(call: Caller, house: Provider) -> None:
    health = call("GET", f"providers/{house.pk}/health/").body
    assert health == {
        "circuit": "closed",
        "requests": 0,
        "failures": 0,
        "failure_share": None,
        "first_byte_ms": None,
        "last_failures": [],
    }


def test_requests_are_found_by_their_tags(call: Caller, project: Project) -> None:
    acme = make_trace(project, tags={"customer": "acme", "feature": "search"})
    make_trace(project, tags={"customer": "other"})
    found = call("GET", "traces/?tags=customer=acme").body["results"]
    assert [row["id"] for row in found] == [str(acme.pk)]
    assert found[0]["tags"] == {"customer": "acme", "feature": "search"}
    assert call("GET", "traces/?tags=customer").status == 400


def test_what_requests_came_to_by_a_tag(call: Caller, project: Project, foreign_project: Project) -> None:
    acme = {"tags": {"customer": "acme"}, "billed_usd": "0.5", "net_usd": "0.1"}
    make_trace(project, **acme)
    make_trace(project, tags={"customer": "other"}, billed_usd="2")
    make_trace(foreign_project, **acme)
    rows = call("GET", "money/?by=tag&name=customer").body["rows"]
    assert [(row["value"], row["spend"]["requests"], row["spend"]["billed_usd"]) for row in rows] == [
        ("other", 1, "2.000000000"),
        ("acme", 1, "0.500000000"),
    ]
    refused = call("GET", "money/?by=model&name=customer")
    assert (refused.status, set(refused.error["fields"])) == (400, {"name"})
