"""Feedback on the page of a request and in the list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from optimizer_app.models import ApiKey, Project, RequestTrace, TraceFeedback
from optimizer_app.traces.feedback import (
    Feedback,
    drop_expired_comments,
    drop_feedback_before,
    give_feedback,
)
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace


@pytest.fixture
def key(project: Project) -> ApiKey:
    return ApiKey.issue(project=project, name="ci")[0]


@pytest.fixture
def trace(project: Project) -> RequestTrace:
    return make_trace(project, text_until=timezone.now() + timedelta(days=1))


def test_the_page_shows_it(as_member: Client, trace: RequestTrace, key: ApiKey) -> None:
    assert "<h2>Feedback</h2>" not in page_text(as_member, f"/requests/{trace.pk}")
    give_feedback(trace, key.pk, Feedback(-0.5, "wrong total", "Order 1003 is missing."))
    page = page_text(as_member, f"/requests/{trace.pk}")
    assert '<th scope="row" class="danger">−0.5</th><td>wrong total</td>' in page
    assert "Order 1003 is missing." in page


def test_the_list_filters_by_it(as_member: Client, project: Project, key: ApiKey) -> None:
    good, bad, none = (make_trace(project) for _ in range(3))
    give_feedback(good, key.pk, Feedback(1))
    give_feedback(bad, key.pk, Feedback(-1))
    for flag, found in (("liked", good), ("disliked", bad)):
        page = page_text(as_member, f"/requests?flag={flag}")
        assert [trace for trace in (good, bad, none) if f"/requests/{trace.pk}" in page] == [found]


def test_comments_end_with_the_texts(trace: RequestTrace, key: ApiKey) -> None:
    give_feedback(trace, key.pk, Feedback(1, comment="It quotes the prompt."))
    assert drop_expired_comments() == 0
    TraceFeedback.objects.update(comment_until=timezone.now() - timedelta(seconds=1))
    assert TraceFeedback.objects.get().comment() == ""
    assert drop_expired_comments() == 1
    assert TraceFeedback.objects.get().encrypted_comment == ""


def test_feedback_goes_with_its_request(project: Project, key: ApiKey) -> None:
    old, new = make_trace(project, age=timedelta(days=3)), make_trace(project)
    for trace in (old, new):
        give_feedback(trace, key.pk, Feedback(1))
    drop_feedback_before(timezone.now() - timedelta(days=2))
    assert [row.trace_id for row in TraceFeedback.objects.all()] == [new.pk]
