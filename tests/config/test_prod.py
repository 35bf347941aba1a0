"""Settings of a running instance: Django's own checks find nothing, and secrets that all know are refused."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from tests.servers.forking import PROJECT_ROOT, run_forked


def check_deploy(**variables: str) -> subprocess.CompletedProcess[str]:
    given = {
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(48),
        "OPTIMIZER_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return run_forked(command, cwd=PROJECT_ROOT, env={**os.environ, **given, **variables})


@pytest.mark.parametrize("public_url", ["", "https://optimizer.example.org"])
def test_django_finds_nothing_unsafe(public_url: str) -> None:
    done = check_deploy(OPTIMIZER_PUBLIC_URL=public_url)
    assert done.returncode == 0, done.stderr


def test_plain_http_beyond_this_machine_is_warned_of() -> None:
    done = check_deploy(HOST="0.0.0.0")
    assert done.returncode == 1
    assert "SESSION_COOKIE_SECURE" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DJANGO_SECRET_KEY", "secret"),
        ("DJANGO_SECRET_KEY", "x" * 60),
        ("OPTIMIZER_ENCRYPTION_KEY", "secret"),
        ("OPTIMIZER_ENCRYPTION_KEY", "A" * 43 + "="),
    ],
)
def test_a_secret_that_all_know_is_refused(name: str, value: str) -> None:
    done = check_deploy(**{name: value})
    assert done.returncode == 1
    assert f"manage.py: {name} must be" in done.stderr
    assert value not in done.stderr
