"""How often a password may be tried."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.account import throttle
from dashboard.account.throttle import FREE_TRIES, forget, seconds_to_wait

pytestmark = pytest.mark.usefixtures("empty_cache")

PASSWORD = "a long pass phrase"


def test_some_tries_are_free_and_then_pauses_double(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(throttle.time, "time", lambda: now)
    assert [seconds_to_wait("a", "1.2.3.4") for _ in range(FREE_TRIES + 1)] == [0] * FREE_TRIES + [1]
    pauses = []
    for _ in range(4):
        now += seconds_to_wait("a", "1.2.3.4")
        assert seconds_to_wait("a", "1.2.3.4") == 0
        pauses.append(seconds_to_wait("a", "1.2.3.4"))
    assert pauses == [2, 4, 8, 16]
    assert seconds_to_wait("b", "1.2.3.4") == 0
    assert seconds_to_wait("A", "5.6.7.8") == 0


def test_an_address_that_tries_many_accounts_waits() -> None:
    assert any(seconds_to_wait(f"user {number}", "1.2.3.4") for number in range(30))
    assert not seconds_to_wait("another", "5.6.7.8")


def test_a_network_of_ipv6_is_one_address() -> None:
    assert any(seconds_to_wait(f"user {number}", f"2001:db8:1:2::{number:x}") for number in range(30))
    assert not seconds_to_wait("another", "2001:db8:1:3::1")


def test_who_signed_in_starts_anew() -> None:
    while not seconds_to_wait("a", "1.2.3.4"):
        continue
    forget("a", "1.2.3.4")
    assert not seconds_to_wait("a", "1.2.3.4")


def test_signing_in_is_no_failure() -> None:
    for _ in range(60):
        assert not seconds_to_wait("a", "1.2.3.4")
        forget("a", "1.2.3.4")


def test_the_right_password_waits_too(client: Client, admin: User) -> None:
    for _ in range(FREE_TRIES):
        answer = client.post("/login", {"username": "admin", "password": "wrong"})
        assert answer.status_code == 200
    answer = client.post("/login", {"username": "admin", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Too many tries. Try again in " in answer.content.decode()
