"""The promises that tests/conftest.py makes to every other test."""

import socket

import pytest
import requests
from django.db import connection

from optimizer_app.models import Project
from tests.patience import PATIENCE_SECONDS


@pytest.mark.django_db
def test_the_database_is_postgres_and_empty() -> None:
    assert connection.vendor == "postgresql"
    assert not Project.objects.exists()


def test_connections_beyond_loopback_are_refused() -> None:
    with pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_the_server_answers(server) -> None:
    assert requests.get(f"{server.url}/healthz", timeout=PATIENCE_SECONDS).status_code == 200
