"""The schema, and the page to try it on."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

COLLECTIONS = [
    "projects",
    "keys",
    "configs",
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


def test_the_page_is_for_people_and_has_no_inline_script(member: User) -> None:
    client = Client()
    assert client.get("/api/").status_code == 302
    client.force_login(member)
    page = client.get("/api/").content.decode()
    assert "<style" not in page
    assert all("src=" in part for part in page.split("<script")[1:])
    assert client.get("/api/?script=").headers["Content-Type"].startswith("application/javascript")
