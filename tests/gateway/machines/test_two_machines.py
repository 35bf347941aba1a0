"""Two gateways, each with a port and a state folder of its own, on one PostgreSQL and one Valkey."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from websockets.sync.client import connect

from optimizer_app.models import ApiToken
from tests.gateway.accounts import Account
from tests.gateway.prompts import HI, MODEL
from tests.optimizer_app.traces.records import eventually
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer

CHAT = "/v1/chat/completions"
BODY = {"model": MODEL, "messages": HI}


@pytest.fixture
def other(account: Account, impatient_server: LiveServer) -> Account:
    """The account at the other machine."""
    assert impatient_server.state_dir != account.server.state_dir
    return dataclasses.replace(account, server=impatient_server)


@pytest.fixture
def owner(account: Account) -> Iterator[User]:
    found = User.objects.create_user("owner of two machines")
    account.project.members.add(found, through_defaults={"role": "owner"})
    yield found
    found.delete()


def test_a_key_made_on_one_machine_is_known_and_revoked_on_the_other(
    account: Account, other: Account, owner: User
) -> None:
    token = ApiToken.issue(user=owner, name="script", scope="write")[1]
    headers = {"authorization": f"Bearer {token}"}
    body = {"project": str(account.project.pk), "name": "new"}
    keys_url = f"{account.server.url}/api/keys/"
    made = requests.post(keys_url, json=body, headers=headers, timeout=PATIENCE_SECONDS).json()
    both = [dataclasses.replace(each, secret=made["secret"]) for each in (account, other)]
    assert [each.post(CHAT, BODY).status_code for each in both] == [200, 200]

    revoked = requests.delete(f"{keys_url}{made['id']}/", headers=headers, timeout=PATIENCE_SECONDS)
    assert revoked.status_code == 204
    for each in both:
        eventually(lambda each=each: each.post(CHAT, BODY).status_code == 401)


def test_limits_hold_over_both(account: Account, other: Account) -> None:
    account.key.max_requests_per_minute = 3
    account.key.save()
    statuses = [each.post(CHAT, BODY).status_code for each in (account, other, account, other)]
    assert statuses == [200, 200, 200, 429]


def test_a_conversation_that_changes_machines_keeps_its_bytes(
    account: Account, other: Account, provider: MockProvider
) -> None:
    log = "\n".join(f"2026-05-04T10:00:{n % 60:02d}Z INFO worker {n % 7} took job {n}" for n in range(900))
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": f"Read this log.\n\n{log}"},
        {"role": "assistant", "content": "Sure."},
        {"role": "user", "content": "What is in it?"},
    ]
    for turn, machine in enumerate((account, other, account, other)):
        machine.openai.chat.completions.create(model=MODEL, messages=messages)
        messages.append({"role": "assistant", "content": f"Jobs, in turn {turn}."})
        messages.append({"role": "user", "content": f"Which jobs did worker {turn} take after job {turn}99?"})

    sent = [request.json["messages"] for request in provider.requests]
    assert len(json.dumps(sent[0])) < len(log)
    for earlier, later in itertools.pairwise(sent):
        assert later[: len(earlier)] == earlier


def test_a_page_of_one_machine_shows_at_once_what_went_through_the_other(
    account: Account, other: Account, owner: User
) -> None:
    browser = Client()
    browser.force_login(owner)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = {"cookie": cookie, "origin": other.server.url}
    with connect(f"{other.server.websocket_url}/ws/live", additional_headers=headers) as page:
        trace_id = account.post(CHAT, BODY).headers["x-optimizer-trace-id"]
        assert json.loads(page.recv(PATIENCE_SECONDS))["changed"] == ["overview", "requests"]
    shown = requests.get(f"{other.server.url}/requests", headers=headers, timeout=PATIENCE_SECONDS)
    assert trace_id in shown.text
    assert other.trace(trace_id)["status"] == "ok"
