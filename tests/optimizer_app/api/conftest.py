"""Callers of the management API: a member with a token that may write, and one that may only read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Any

    @property
    def error(self) -> Any:
        return self.body["error"]


@dataclass(frozen=True)
class Caller:
    """Sends JSON to the API with a token."""

    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        from django.test import Client

        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        with_token = {"Authorization": f"Bearer {self.token}", **headers}
        found = Client().generic(method, f"/api/{path}", **sent, headers=with_token)
        return Answer(found.status_code, found.json() if found.content else None, found.headers)


@pytest.fixture
def issue() -> Callable[..., Caller]:
    from optimizer_app.models import ApiToken

    return lambda **values: Caller(ApiToken.issue(name="script", **values)[1])


@pytest.fixture
def call(member: User, issue: Callable[..., Caller]) -> Caller:
    return issue(user=member, scope="write")


@pytest.fixture
def call_as_staff(admin: User, issue: Callable[..., Caller]) -> Caller:
    return issue(user=admin, scope="write")
