"""The pages that stand in for others: nothing there, not allowed, broken."""

from __future__ import annotations

import uuid

from django.template.loader import render_to_string
from django.test import Client


def test_an_address_with_nothing_leads_back(as_member: Client) -> None:
    as_member.cookies["theme"] = "dark"
    answer = as_member.get(f"/requests/{uuid.uuid4()}")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Nothing is at this address" in page
    assert 'href="/"' in page
    assert 'data-theme="dark"' in page


def test_what_belongs_to_all_projects_says_whom_to_ask(as_member: Client) -> None:
    answer = as_member.get("/system")
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.content.decode()


def test_a_page_that_broke_needs_no_context() -> None:
    assert "This page broke" in render_to_string("500.html")
