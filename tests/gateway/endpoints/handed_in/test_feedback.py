"""`POST /v1/traces/{id}/feedback`."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from optimizer_app.models import OptimizationConfig, TraceFeedback
from tests.gateway.accounts import Account, new_account
from tests.gateway.prompts import HI, MODEL


def asked(account: Account) -> str:
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": HI})
    return answer.headers["x-optimizer-trace-id"]


def path(trace_id: str) -> str:
    return f"/v1/traces/{trace_id}/feedback"


def test_it_works_right_after_the_answer(account: Account) -> None:
    trace_id = asked(account)
    answer = account.post(path(trace_id), {"score": 0.5, "label": "helpful"})
    assert answer.status_code == 200
    expected = {"trace_id": trace_id, "score": 0.5, "label": "helpful", "comment_kept": False}
    assert answer.json() == expected
    row = TraceFeedback.objects.get(trace_id=trace_id)
    assert (row.project, row.api_key, row.score, row.label) == (account.project, account.key, 0.5, "helpful")


def test_once_for_each_request_and_key(account: Account) -> None:
    trace_id = asked(account)
    for score in (1, 0, -1):
        assert account.post(path(trace_id), {"score": score}).status_code == 200
    assert [row.score for row in TraceFeedback.objects.filter(trace_id=trace_id)] == [-1]


def test_a_comment_is_kept_only_where_texts_are(account: Account) -> None:
    said = {"score": -1, "comment": "It forgot order 1003."}
    assert not account.post(path(asked(account)), said).json()["comment_kept"]
    OptimizationConfig.objects.filter(project=account.project).update(fields={"capture_days": 2})
    trace_id = _asked_with_texts(account)
    assert account.post(path(trace_id), said).json()["comment_kept"]
    row = TraceFeedback.objects.get(trace_id=trace_id)
    assert "order" not in row.encrypted_comment
    assert row.comment() == "It forgot order 1003."


def _asked_with_texts(account: Account) -> str:
    """A request that meets the changed config, which callers hold for a moment."""
    while True:
        trace_id = asked(account)
        if account.trace(trace_id)["text_until"]:
            return trace_id


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "score"),
        ({"score": 2}, "score"),
        ({"score": "good"}, "score"),
        ({"score": 1, "label": "x" * 61}, "label"),
        ({"score": 1, "comment": 7}, "comment"),
    ],
)
def test_what_cannot_be_used_is_named(account: Account, body: dict[str, Any], named: str) -> None:
    answer = account.post(path(str(uuid.uuid4())), body)
    assert answer.status_code == 400
    assert named in answer.json()["error"]["message"]


def test_another_projects_request_is_unknown(account: Account) -> None:
    trace_id = asked(account)
    stranger = new_account(account.server)
    answer = stranger.post(path(trace_id), {"score": 1})
    assert answer.status_code == 404
    assert not TraceFeedback.objects.filter(trace_id=trace_id).exists()
    assert stranger.post(path("no-id"), {"score": 1}).status_code == 404


def test_a_wrong_key_says_nothing(account: Account) -> None:
    headers = {"authorization": "Bearer tok_wrong"}
    assert account.post(path(asked(account)), {"score": 1}, headers=headers).status_code == 401
