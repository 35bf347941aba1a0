"""The system page: what is said of each part, and who may read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from optimizer_app.models import Project
from tests.dashboard.pages import page_text


@pytest.fixture(autouse=True)
def no_embeddings(use_socket: Any, tmp_path: Path) -> None:
    use_socket(tmp_path / "nobody.sock")


def test_it_works(as_admin: Client) -> None:
    page = page_text(as_admin, "/system")
    assert "part" in page
    for name in ("PostgreSQL", "Valkey", "Journal", "Disk", "LLMLingua-2"):
        assert f"{name} <span" in page
    assert f"Token Optimizer <b>{settings.VERSION}</b>" in page


def test_a_part_in_trouble_says_what_that_means_and_what_to_do(as_admin: Client) -> None:
    page = page_text(as_admin, "/system")
    assert "<b>No embedding process runs on this machine.</b> Documents are found by their words" in page
    assert "bin/up starts it, or manage.py embedding on its own" in page
    assert 'href="#embedding-model"' in page


def test_it_answers_while_valkey_is_down(as_admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://:pass-word@127.0.0.1:1/0")
    page = page_text(as_admin, "/system")
    assert "It does not answer (ConnectionError)" in page
    assert "at <b>127.0.0.1:1</b>" in page
    assert "pass-word" not in page


def test_it_is_for_staff(as_member: Client, project: Project, client: Client) -> None:
    assert as_member.get("/system").status_code == 403
    assert 'href="/system' not in page_text(as_member, "/")
    assert client.get("/system").headers["location"].startswith("/login")


def test_a_live_refresh_is_the_part_that_changes(as_admin: Client) -> None:
    answer = as_admin.get("/system", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert b"PostgreSQL" in answer.content
