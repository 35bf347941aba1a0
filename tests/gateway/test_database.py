"""The gateway's way to PostgreSQL is its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections

from gateway.database import in_database


@pytest.mark.django_db(transaction=True)
async def test_its_connections_come_from_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that have taken the whole pool keep no key from being found."""

    def settings() -> dict[str, Any]:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        return connections["default"].settings_dict

    found = await in_database(settings)
    assert "pool" not in found["OPTIONS"]
    assert found["CONN_MAX_AGE"] is None
    await in_database(lambda: connections["default"].close())
