"""Stored prompts run through configs, by the task itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from optimizer_app.captures.removal import delete_captures_of
from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import (
    Capture,
    OptimizationConfig,
    Project,
    Provider,
    Replay,
    ReplayResult,
    RequestTrace,
)
from optimizer_app.playground.stored.sets import save_captured, sets_of
from optimizer_app.playground.stored.sources import captured_sources, set_sources
from optimizer_app.replays.comparison import as_sent, comparable_runs, paired, totals
from optimizer_app.replays.create import ReplayRefused, create_replay, input_cost, sources_of
from optimizer_app.replays.removal import cancel_replay
from optimizer_app.replays.subjects import (
    UnknownSubject,
    draft_subject,
    subject_labels,
    subject_named,
    version_subject,
)
from optimizer_app.replays.texts import ResultTexts, drop_expired_texts
from optimizer_app.replays.work import MAX_ATTEMPTS, run_due
from optimizer_app.tasks import run_replays
from tests.optimizer_app.captures.kept import kept_trace
from tests.provider.mock_provider import MockProvider, Reply


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    return create_config(project, "agents", ConfigValues("balanced"), author=None, is_default=True)


@pytest.fixture
def trace(project: Project) -> RequestTrace:
    return kept_trace(project)


def newest(project: Project, count: int = 20) -> list:
    return captured_sources(RequestTrace.objects.filter(project=project), count)


def replayed(config: OptimizationConfig, author: User, **options: object) -> Replay:
    sources = newest(config.project)
    subject = version_subject(config)
    replay = create_replay(config.project, sources, subject, source="all", author=author, **options)
    run_replays()
    replay.refresh_from_db()
    return replay


def test_it_works(config: OptimizationConfig, trace: RequestTrace, member: User) -> None:
    replay = replayed(config, member)
    assert (replay.state, replay.version, replay.author) == ("done", 1, member)
    result = replay.results.get()
    assert (result.state, result.trace_id, result.model) == ("done", trace.pk, "gpt-4o")
    assert 0 < result.tokens_after < result.tokens_before
    assert 0 < result.cost_usd < result.cost_before_usd
    assert (result.directives, result.lost_directives) == (1, 0)
    assert result.billed_usd is None
    assert {block["fate"] for block in result.blocks} >= {"kept", "rewritten"}
    assert not run_due().count


def test_a_draft_beside_the_live_version(
    config: OptimizationConfig, trace: RequestTrace, member: User
) -> None:
    first = replayed(config, member)
    save_draft(config, member, ConfigValues.differing("balanced", {"tool_result_tokens": 10**9}))
    save_draft(config, member, ConfigValues.differing("safe", {}))
    subject = draft_subject(config, member)
    second = create_replay(config.project, sources_of(first), subject, source="all", author=member)
    run_replays()
    second.refresh_from_db()
    assert (second.version, second.preset) == (None, "safe")
    (pair,) = paired(second.results.all(), first.results.all())
    assert pair.other is not None
    assert comparable_runs(second) == [first]
    (before,) = as_sent(second.results.all(), second)
    assert (before.tokens_before, before.tokens_after) == (trace.tokens_before, trace.tokens_after)
    # What was run stays as it was, whatever becomes of the draft.
    save_draft(config, member, ConfigValues("aggressive"))
    assert Replay.objects.get(pk=second.pk).preset == "safe"


def test_subjects(config: OptimizationConfig, member: User, foreign_project: Project) -> None:
    assert subject_labels(config.project, member) == {f"{config.pk}:1": "agents v1, live"}
    for key in (f"{config.pk}:9", f"{config.pk}:draft", f"{config.pk}:x", "nonsense"):
        with pytest.raises(UnknownSubject):
            subject_named(config.project, member, key)
    with pytest.raises(UnknownSubject):
        subject_named(foreign_project, member, f"{config.pk}:1")


def test_what_cannot_be_run_says_why(
    config: OptimizationConfig, project: Project, member: User, admin: User
) -> None:
    kept_trace(project, body={"nonsense": 1})
    kept_trace(project)
    sources = newest(project)
    replay = create_replay(project, sources, version_subject(config), source="all", author=member)
    delete_captures_of(project, admin)
    Capture.objects.filter(pk=sources[1].trace_id).delete()
    run_replays()
    reasons = [result.reason for result in replay.results.all()]
    assert reasons[0].startswith("text deleted ")
    assert reasons[1].startswith("text not stored")
    assert totals(replay.results.all()).prompts == 0


def test_a_body_that_is_no_prompt_fails_alone(
    config: OptimizationConfig, project: Project, member: User
) -> None:
    kept_trace(project, body={"nonsense": 1})
    kept_trace(project)
    results = list(replayed(config, member).results.all())
    assert [result.state for result in results] == ["done", "failed"]
    assert results[1].reason == "messages is missing"


def test_too_few_and_too_many(config: OptimizationConfig, trace: RequestTrace, member: User) -> None:
    subject = version_subject(config)
    for sources in ([], newest(config.project) * 201):
        with pytest.raises(ReplayRefused):
            create_replay(config.project, sources, subject, source="", author=member)


def test_a_prompt_that_ends_its_workers_is_given_up(
    config: OptimizationConfig, trace: RequestTrace, member: User
) -> None:
    replay = create_replay(
        config.project, newest(config.project), version_subject(config), source="", author=member
    )
    # As a worker leaves it that died.
    replay.results.update(attempts=MAX_ATTEMPTS)
    Replay.objects.update(state="running", leased_until=timezone.now() + timedelta(minutes=1))
    assert not run_due().count
    Replay.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    run_replays()
    assert replay.results.get().reason == "the worker ended 3 times while running it"
    replay.refresh_from_db()
    assert replay.state == "done"


def test_cancelled(config: OptimizationConfig, trace: RequestTrace, member: User) -> None:
    replay = create_replay(
        config.project, newest(config.project), version_subject(config), source="", author=member
    )
    assert cancel_replay(replay)
    assert not cancel_replay(replay)
    run_replays()
    assert replay.results.get().state == "waiting"


def test_a_stopping_worker_leaves_the_rest(
    config: OptimizationConfig, trace: RequestTrace, member: User
) -> None:
    replay = create_replay(
        config.project, newest(config.project), version_subject(config), source="", author=member
    )
    looks = iter([False, True, True])
    worked = run_due(lambda: next(looks))
    assert (worked.count, worked.more) == (0, True)
    run_replays()
    assert replay.results.get().state == "done"


def test_sent(config: OptimizationConfig, trace: RequestTrace, member: User) -> None:
    with MockProvider() as mock:
        mock.default = Reply(text="The disk.", prompt_tokens=100)
        Provider.objects.create(
            project=config.project, name="p", kind="openai", base_url=mock.openai_url, trusted=True
        )
        assert input_cost(config.project, newest(config.project), version_subject(config)) > 0
        result = replayed(config, member, sends=True).results.get()
        sent = mock.requests[0].json
    assert len(str(sent["messages"])) < len(str(kept_trace)) or sent["messages"]
    assert (result.billed_input_tokens, result.send_error) == (100, "")
    assert result.billed_usd > Decimal(0)
    assert ResultTexts.of(result).answer == "The disk."
    assert "disk" not in result.sealed
    assert result.expires_at == Capture.objects.get().expires_at
    ReplayResult.objects.update(expires_at=timezone.now() - timedelta(days=1))
    result.refresh_from_db()
    assert ResultTexts.of(result) == ResultTexts()
    assert drop_expired_texts() == 1
    assert ReplayResult.objects.get().sealed == ""


def test_a_provider_that_refuses(config: OptimizationConfig, trace: RequestTrace, member: User) -> None:
    with MockProvider() as mock:
        mock.script(Reply(status=429, message="slow down"))
        Provider.objects.create(
            project=config.project, name="p", kind="openai", base_url=mock.openai_url, trusted=True
        )
        result = replayed(config, member, sends=True).results.get()
    assert result.send_error == "The provider answered 429: slow down"
    assert result.tokens_after > 0


def test_a_set_outlives_the_days(config: OptimizationConfig, trace: RequestTrace, member: User) -> None:
    save_captured(trace, "agents", member)
    save_captured(trace, " failing jobs ", member)
    assert [(found.name, found.count) for found in sets_of(config.project)] == [("failing jobs", 1)]
    Capture.objects.all().delete()
    sources = set_sources(config.project, "failing jobs")
    replay = create_replay(config.project, sources, version_subject(config), source="set", author=member)
    run_replays()
    result = replay.results.get()
    assert (result.state, result.example.trace_id, result.expires_at) == ("done", trace.pk, None)
