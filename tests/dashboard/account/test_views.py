"""Signing in and out, the theme, and that nothing is shown to who is not signed in."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import Project
from tests.dashboard.traces.rows import make_trace

PAGES = (
    "/", "/overview.csv", "/requests", "/requests.csv", "/requests/new", "/documents", "/configs",
    "/precompression",
)  # fmt: skip
PASSWORD = "a long pass phrase"


def test_login_leads_to_the_page_that_was_asked_for(client: Client, admin: User) -> None:
    answer = client.get("/requests?range=7d")
    assert answer.status_code == 302
    login = client.get(answer["Location"])
    assert "Sign in" in login.content.decode()
    form = {"username": "admin", "password": PASSWORD, "next": "/requests?range=7d"}
    assert client.post("/login", form)["Location"] == "/requests?range=7d"


def test_wrong_password_is_said_in_the_form(client: Client, admin: User) -> None:
    answer = client.post("/login", {"username": "admin", "password": "wrong"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'role="alert"' in page
    assert 'value="admin"' in page
    assert "wrong" not in page


def test_empty_form_is_said_in_the_form(client: Client, db: None) -> None:
    assert "Enter a user name and a password." in client.post("/login", {}).content.decode()


def test_logout_takes_a_post(as_admin: Client) -> None:
    assert as_admin.get("/logout").status_code == 405
    assert as_admin.post("/logout")["Location"] == "/login"
    assert as_admin.get("/").status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_pages_need_a_login(client: Client, path: str, db: None) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login?next=")


@pytest.mark.parametrize("ending", ["", ".json", "/blocks"])
def test_request_pages_need_a_login(client: Client, ending: str, project: Project) -> None:
    path = f"/requests/{make_trace(project).pk}{ending}"
    assert client.get(path)["Location"].startswith("/login?next=")


def test_live_refresh_without_a_login_leads_the_whole_page_there(client: Client, db: None) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/login"
    assert answer.content == b""


@pytest.mark.parametrize("ending", ["", ".json", "/blocks"])
def test_foreign_request_is_as_unknown_as_none(
    as_member: Client, as_admin: Client, ending: str, foreign_project: Project
) -> None:
    path = f"/requests/{make_trace(foreign_project).pk}{ending}"
    assert as_member.get(path).status_code == 404
    assert as_member.get(f"/requests/{uuid.uuid4()}{ending}").status_code == 404
    assert as_admin.get(path).status_code == 200


def test_theme_is_kept_in_a_cookie_and_in_the_first_byte_of_the_page(as_admin: Client) -> None:
    answer = as_admin.post("/theme", {"theme": "dark", "next": "/requests"})
    assert answer["Location"] == "/requests"
    assert 'data-theme="dark"' in as_admin.get("/").content.decode()
    as_admin.post("/theme", {"theme": "neon", "next": "/"})
    assert 'data-theme="dark"' in as_admin.get("/").content.decode()


def test_theme_leads_nowhere_else(as_admin: Client) -> None:
    answer = as_admin.post("/theme", {"theme": "dark", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
