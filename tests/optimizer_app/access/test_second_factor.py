"""Codes of an app and recovery codes: each is taken once, and wrong ones cost pauses."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django_otp.oath import TOTP

from optimizer_app.models import SecondFactor

NOW = datetime(2026, 11, 29, 12, 0, 10).astimezone()


@pytest.fixture
def factor(member: User) -> SecondFactor:
    return SecondFactor.begin(member)


def code(factor: SecondFactor, moment: datetime = NOW) -> str:
    totp = TOTP(factor._key)
    totp.time = moment.timestamp()
    return f"{totp.token():06}"


def test_it_is_asked_for_once_it_is_confirmed(factor: SecondFactor, member: User) -> None:
    assert SecondFactor.objects.of(member) is None
    with time_machine.travel(NOW):
        assert factor.confirm(code(factor))
    assert SecondFactor.objects.of(member) == factor


def test_a_code_is_taken_once_and_only_near_its_time(factor: SecondFactor) -> None:
    with time_machine.travel(NOW):
        assert not factor.verify_token(code(factor, NOW + timedelta(minutes=5)))
    with time_machine.travel(NOW + timedelta(minutes=1)) as clock:
        now = NOW + timedelta(minutes=1)
        assert factor.verify_token(code(factor, now))
        assert not factor.verify_token(code(factor, now))
        clock.shift(timedelta(seconds=30))
        assert factor.verify_token(code(factor, now + timedelta(seconds=30)))


def test_wrong_codes_cost_growing_pauses(factor: SecondFactor) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        assert not factor.verify_token("000000x")
        assert not factor.verify_token(code(factor))
        clock.shift(timedelta(seconds=2))
        assert factor.verify_token(code(factor))


def test_a_recovery_code_is_taken_once(factor: SecondFactor) -> None:
    first, *_ = old = factor.new_recovery_codes()
    assert len(set(old)) == 10
    assert factor.verify_token(first.upper())
    with time_machine.travel(datetime.now().astimezone() + timedelta(minutes=1)):
        assert not factor.verify_token(first)
    factor.new_recovery_codes()
    assert factor.recovery_codes.count() == 10


def test_nothing_of_it_is_kept_in_the_clear(factor: SecondFactor) -> None:
    [recovery, *_] = factor.new_recovery_codes()
    factor.refresh_from_db()
    assert factor._key.hex() not in factor.encrypted_key
    assert not factor.recovery_codes.filter(hash__contains=recovery).exists()
