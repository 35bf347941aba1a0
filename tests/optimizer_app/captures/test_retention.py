"""Texts deleted by age, by size and on demand; and why there are none."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from optimizer_app.captures import retention
from optimizer_app.captures.reading import NotKept, capture_of, texts_of
from optimizer_app.captures.removal import delete_capture, delete_captures_of
from optimizer_app.captures.usage import kept_texts
from optimizer_app.models import Capture, Project, RequestTrace
from optimizer_app.tasks import drop_expired_captures
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.captures.kept import TEXTS, kept_trace


def why_not(trace: RequestTrace) -> str:
    with pytest.raises(NotKept) as refused:
        texts_of(capture_of(trace))
    return str(refused.value)


def test_what_was_kept_comes_back(project: Project) -> None:
    texts = texts_of(capture_of(kept_trace(project)))
    assert texts.blocks == TEXTS
    assert "Why did the job fail?" in texts.sent_body


def test_what_expired_goes(project: Project) -> None:
    old, new = kept_trace(project, days=-1), kept_trace(project)
    assert why_not(old).startswith("expired ")
    drop_expired_captures()
    assert list(Capture.objects.values_list("pk", flat=True)) == [new.pk]
    assert why_not(old).startswith("expired ")


def test_the_oldest_of_a_project_that_holds_too_much_go(
    project: Project, foreign_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, other = kept_trace(project), kept_trace(project), kept_trace(foreign_project)
    monkeypatch.setattr(retention, "MAX_BYTES_PER_PROJECT", capture_of(new).size_bytes + 1)
    assert retention.drop_expired() == 1
    assert why_not(old) == "not captured: newer texts of the project took its place"
    assert texts_of(capture_of(new)) == texts_of(capture_of(other))


def test_deleted_on_demand_it_says_by_whom(project: Project, member: User) -> None:
    trace, other = kept_trace(project), kept_trace(project)
    assert delete_capture(capture_of(trace), member)
    assert not delete_capture(Capture.objects.get(pk=trace.pk), member)
    assert why_not(trace).startswith("deleted ")
    assert why_not(trace).endswith(" by member")
    assert Capture.objects.get(pk=trace.pk).sealed == ""
    assert kept_texts(project).requests == 1
    assert texts_of(capture_of(other))


def test_a_project_s_texts_go_alone(project: Project, foreign_project: Project, admin: User) -> None:
    traces = [kept_trace(project), kept_trace(project)]
    theirs = kept_trace(foreign_project)
    assert delete_captures_of(project, admin) == 2
    assert all(why_not(trace) for trace in traces)
    assert kept_texts(project).size_bytes == 0
    assert texts_of(capture_of(theirs))


def test_why_there_are_none(project: Project, settings: object) -> None:
    assert why_not(make_trace(project)) == "not kept by config balanced v3"
    trace = kept_trace(project)
    settings.ENCRYPTION_KEYS = ("0" * 43 + "=",)  # type: ignore[attr-defined]
    assert why_not(trace) == "encrypted under another OPTIMIZER_ENCRYPTION_KEY"
    Capture.objects.filter(pk=trace.pk).delete()
    assert why_not(trace).startswith("not stored yet")
