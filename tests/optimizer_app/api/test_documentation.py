"""The schema, and the page to try it on."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.api.operations import collections

COLLECTIONS = [
    "projects",
    "keys",
    "configs",
    "prompts",
    "providers",
    "documents",
    "traces",
    "tokens",
    "prices",
    "system",
]


def test_the_schema_has_every_collection_and_its_token(db: None) -> None:
    schema = Client().get("/api/schema/?format=json").json()
    for name in COLLECTIONS:
        assert f"/api/{name}/" in schema["paths"]
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    filters = {item["name"] for item in schema["paths"]["/api/traces/"]["get"]["parameters"]}
    assert filters >= {"project", "model", "since", "until", "cursor", "limit"}


def test_it_is_generated_without_a_warning(db: None, capfd: pytest.CaptureFixture[str]) -> None:
    Client().get("/api/schema/?format=json")
    assert "Warning" not in capfd.readouterr().err


def test_the_page_is_for_people_and_has_a_form_for_every_operation(member: User) -> None:
    client = Client()
    assert client.get("/api/").status_code == 302
    client.force_login(member)
    page = client.get("/api/").content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert all("src=" in part for part in page.split("<script")[1:])
    schema = client.get("/api/schema/?format=json").json()
    for path, methods in schema["paths"].items():
        for method in methods.keys() & {"get", "post", "put", "patch", "delete"}:
            assert f'data-method="{method.upper()}" data-path="{path}"' in page


def test_bodies_begin_with_what_the_schema_says() -> None:
    operations = {(row.method, row.path): row for rows in collections().values() for row in rows}
    publishing = operations["POST", "/api/prompts/{id}/publish/"]
    body = json.loads(publishing.body or "")
    assert body["messages"] == [{"role": "system", "text": ""}]
    assert (body["variables"][0]["kind"], body["marks_stable_part"]) == ("text", False)
    assert operations["GET", "/api/traces/"].body is None
    assert {row.name for row in operations["GET", "/api/traces/"].parameters} >= {"model", "since"}
    line = operations["POST", "/api/keys/"].curl("https://optimizer.example")
    assert line.startswith(
        "curl -X POST 'https://optimizer.example/api/keys/' \\\n  -H 'Authorization: Bearer mgt_"
    )
