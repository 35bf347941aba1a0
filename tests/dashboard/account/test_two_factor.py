"""Two-factor sign-in and sessions on the pages."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP

from optimizer_app.models import AuditEntry, SecondFactor, UserSession
from tests.dashboard.pages import page_text

pytestmark = pytest.mark.usefixtures("empty_cache")

PASSWORD = "a long pass phrase"


@pytest.fixture
def codes(member: User) -> list[str]:
    """The recovery codes of a member who has a second factor."""
    factor = SecondFactor.begin(member)
    SecondFactor.objects.update(confirmed=True)
    return factor.new_recovery_codes()


def sign_in(client: Client, path: str = "/login") -> None:
    client.post(path, {"username": "member", "password": PASSWORD, "next": "/requests"})


def test_it_is_set_up_with_a_code_of_the_app(as_member: Client, member: User) -> None:
    as_member.post("/account/two-factor/begin")
    page = page_text(as_member, "/account/two-factor/confirm")
    factor = SecondFactor.objects.get(user=member)
    assert factor.secret in page
    assert "data:image/svg+xml" in page
    assert "wrong" in as_member.post("/account/two-factor/confirm", {"code": "1"}).content.decode()
    SecondFactor.objects.update(throttling_failure_count=0)
    answer = as_member.post("/account/two-factor/confirm", {"code": f"{TOTP(factor._key).token():06}"})
    shown = re.findall(r"[0-9a-f]{8}-[0-9a-f]{8}", answer.content.decode())
    assert len(shown) == 10
    assert "no-store" in answer.headers["Cache-Control"]
    assert "10 recovery codes are left" in page_text(as_member, "/account")
    assert as_member.get("/account/two-factor/confirm").status_code == 404


def test_the_password_alone_is_not_enough(client: Client, codes: list[str]) -> None:
    sign_in(client)
    assert client.get("/").status_code == 302
    assert "Signing in as member." in page_text(client, "/login/code")
    assert "wrong" in client.post("/login/code", {"code": "x"}).content.decode()
    assert AuditEntry.objects.filter(action="failed login").latest("id").object_name == "member"
    SecondFactor.objects.update(throttling_failure_count=0)
    assert client.post("/login/code", {"code": codes[0]})["Location"] == "/requests"
    assert client.get("/").status_code == 200


def test_codes_are_tried_with_pauses(client: Client, codes: list[str]) -> None:
    sign_in(client)
    statuses = [client.post("/login/code", {"code": "x"}).status_code for _ in range(8)]
    assert statuses[-1] == 429


def test_without_a_password_no_code_is_asked_for(client: Client, codes: list[str]) -> None:
    assert client.post("/login/code", {"code": codes[0]})["Location"] == "/login"
    assert client.get("/").status_code == 302


def test_it_is_switched_off_with_a_code(as_member: Client, codes: list[str], member: User) -> None:
    as_member.post("/account/two-factor/remove", {"code": "nonsense"})
    assert SecondFactor.objects.of(member) is not None
    SecondFactor.objects.update(throttling_failure_count=0)
    as_member.post("/account/two-factor/remove", {"code": codes[0]})
    assert SecondFactor.objects.of(member) is None


def test_the_admin_has_no_door_of_its_own(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/admin/")


def test_sessions_are_listed_and_ended(client: Client, member: User) -> None:
    sign_in(client)
    other = Client(headers={"user-agent": "Lynx"})
    sign_in(other)
    page = page_text(client, "/account")
    assert "Lynx" in page
    assert page.count("this one") == 1

    session = UserSession.objects.get(agent="Lynx")
    client.post(f"/account/sessions/{session.pk}/revoke")

    assert other.get("/").status_code == 302
    assert client.get("/").status_code == 200


def test_a_session_of_somebody_else_is_not_ended(as_admin: Client, client: Client, member: User) -> None:
    sign_in(client)
    session = UserSession.objects.get(user=member)
    assert as_admin.post(f"/account/sessions/{session.pk}/revoke").status_code == 404
    as_admin.post("/account/sessions/others/revoke")
    assert client.get("/").status_code == 200


def test_signing_out_ends_the_session(client: Client, member: User) -> None:
    sign_in(client)
    client.post("/logout")
    assert not UserSession.objects.filter(user=member).exists()
