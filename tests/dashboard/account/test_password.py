"""Changing one's password."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.account.throttle import FREE_TRIES
from optimizer_app.models import AuditEntry, UserSession

PATH = "/account/password"
NOW, NEW = "a long pass phrase", "another long pass phrase"
RIGHT = {"current": NOW, "new": NEW, "again": NEW}


@pytest.fixture
def elsewhere(member: User) -> Client:
    """The same person in another browser."""
    client = Client()
    client.post("/login", {"username": "member", "password": NOW})
    return client


def test_it_works(client: Client, member: User, elsewhere: Client) -> None:
    client.post("/login", {"username": "member", "password": NOW})
    assert client.get(PATH).status_code == 200
    assert client.post(PATH, RIGHT)["Location"] == "/account"
    assert "all other sessions have ended" in client.get("/account").content.decode()
    assert elsewhere.get("/account").status_code == 302
    [session] = UserSession.objects.filter(user=member)
    assert session.session_key == client.session.session_key
    member.refresh_from_db()
    assert member.check_password(NEW)
    entry = AuditEntry.objects.get(kind="user", action=AuditEntry.Action.CHANGED)
    assert (entry.actor_name, entry.changes) == ("member", {"password": ["…", "…"]})


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("current", "wrong", "This is not your password."),
        ("current", "", "This field is required."),
        ("new", "12345678", "This password is too common."),
        ("again", "something else", "This is not the same as the new password."),
    ],
)
def test_what_is_wrong_is_said(as_member: Client, member: User, field: str, value: str, said: str) -> None:
    page = as_member.post(PATH, {**RIGHT, field: value}).content.decode()
    assert said in page
    assert NEW not in page
    member.refresh_from_db()
    assert member.check_password(NOW)


def test_wrong_ones_are_recorded_and_cost_pauses(as_member: Client, member: User) -> None:
    wrong = {**RIGHT, "current": "wrong"}
    answers = [as_member.post(PATH, wrong).status_code for _ in range(FREE_TRIES + 1)]
    assert answers == [*[200] * FREE_TRIES, 429]
    assert as_member.post(PATH, RIGHT).status_code == 429
    assert AuditEntry.objects.filter(action=AuditEntry.Action.FAILED_LOGIN).count() == FREE_TRIES


def test_who_signs_in_elsewhere_has_none_to_change(as_member: Client, member: User) -> None:
    member.set_unusable_password()
    member.save()
    as_member.force_login(member)
    assert as_member.get(PATH).status_code == 404
    assert PATH not in as_member.get("/account").content.decode()
