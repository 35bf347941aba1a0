"""What a key may be used for, until when, and the trace of what is passed to a provider."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from optimizer_app.models import ApiKey
from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider

CHAT = "/v1/chat/completions"
CALLS = {
    CHAT: ("completions", {"model": MODEL, "messages": HI}),
    "/v1/messages": ("completions", {"model": CLAUDE, "max_tokens": 9, "messages": HI}),
    "/v1/optimize": ("optimize", {"messages": HI}),
    "/v1/ingest": ("ingest", {"documents": [{"id": "a", "content": "b"}]}),
    "/v1/files": ("passthrough", {}),
}


def post(account: Account, secret: str, path: str) -> requests.Response:
    headers = {"authorization": f"Bearer {secret}"}
    body = CALLS[path][1]
    return requests.post(account.server.url + path, json=body, headers=headers, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("scope", ["completions", "optimize", "ingest", "passthrough"])
def test_a_key_is_taken_for_its_scopes_alone(account: Account, scope: str) -> None:
    _, secret = ApiKey.issue(project=account.project, name="narrow", scopes=[scope])
    for path, (needed, _) in CALLS.items():
        answer = post(account, secret, path)
        assert (answer.status_code == 403) is (needed != scope), path
        assert needed == scope or f"this key has not the scope {needed}" in answer.text


def test_passthrough_goes_to_the_paths_of_the_key(account: Account, provider: MockProvider) -> None:
    lines = ["POST /v1/embeddings"]
    _, secret = ApiKey.issue(project=account.project, name="narrow", relay_paths=lines)
    answer = post(account, secret, "/v1/files")
    assert answer.status_code == 403
    assert "this key may not send POST /v1/files" in answer.text
    assert not provider.requests
    trace = account.only_trace()
    assert (trace["status"], trace["http_status"], trace["relayed"]) == ("error", 403, "POST /v1/files")


def test_a_key_is_held_to_its_endpoints_in_every_dialect(account: Account, provider: MockProvider) -> None:
    lines = ["POST /v1/chat/completions", "/v1/files"]
    _, secret = ApiKey.issue(project=account.project, name="held", bounds={"allowed_endpoints": lines})
    assert post(account, secret, CHAT).status_code == 200
    asked = len(provider.requests)
    says = "it is held to POST /v1/chat/completions, /v1/files"
    for path in ("/v1/optimize", "/v1/ingest"):
        error = post(account, secret, path).json()["error"]
        assert error["message"] == f"this key may not send POST {path}: {says}"
        assert error["code"] == "not_allowed_by_key"
    answer = post(account, secret, "/v1/messages")
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error")
    assert says in answer.json()["error"]["message"]
    assert len(provider.requests) == asked


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models"),
        ("GET", "/v1/traces/0199c2f0-0000-7000-8000-000000000000"),
        ("POST", "/v1/traces/0199c2f0-0000-7000-8000-000000000000/feedback"),
        ("GET", "/v1/ingest/0199c2f0-0000-7000-8000-000000000000"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/embeddings"),
        ("POST", "/v1/compress"),
        ("POST", "/v1/read_back"),
        ("POST", "/v1/prompts/none"),
        ("POST", "/api/v1/events"),
        ("POST", "/mcp"),
    ],
)
def test_no_endpoint_is_open_to_a_key_that_its_project_holds_to_another(
    account: Account, method: str, path: str
) -> None:
    account.project.allowed_endpoints = [f"POST {CHAT}"]
    account.project.save()
    _, secret = ApiKey.issue(project=account.project, name="new")
    body = {"events": [], "api_key": secret}
    headers = {"authorization": f"Bearer {secret}"}
    answer = requests.request(
        method, account.server.url + path, json=body, headers=headers, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 403, answer.text
    assert f"this project may not send {method} {path}" in answer.text


def test_what_is_passed_to_the_provider_leaves_a_trace(account: Account) -> None:
    account.post("/v1/files?purpose=x", {})
    trace = account.only_trace()
    assert trace["relayed"] == "POST /v1/files"
    assert (trace["provider"], trace["api_key_id"]) == ("openai", str(account.key.pk))
    assert (trace["tokens_before"], trace["route"]) == (0, "bypass")


def test_a_key_that_expired_is_refused(account: Account) -> None:
    _, secret = ApiKey.issue(project=account.project, name="old", expires_at=timezone.now())
    assert post(account, secret, CHAT).status_code == 401


def test_a_rotated_key_works_by_both_secrets_for_a_while(account: Account) -> None:
    new = account.key.rotate(timedelta(hours=1))
    assert [post(account, secret, CHAT).status_code for secret in (account.secret, new)] == [200, 200]

    _, old = ApiKey.issue(project=account.project, name="other")
    ApiKey.objects.get(name="other", project=account.project).rotate(timedelta(0))
    assert post(account, old, CHAT).status_code == 401
