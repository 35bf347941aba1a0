"""Which prompts came before, by what is stored of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from optimizer_app.models import Project, RequestTrace, SeenPrompt
from optimizer_app.traces.storing.repeats import REPEATS_WITHIN, drop_seen_before
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record

NOW = datetime.now(UTC)


def repeats(project: Project, *ages: timedelta, **fields: object) -> list[bool]:
    """Whether each of these requests, of such an age, is a repeat; stored one after the other."""
    found = []
    for age in ages:
        record = new_record(project.pk, created_at=NOW - age, **{"prompt_digest": 7, **fields})
        store([record])
        found.append(RequestTrace.objects.get(pk=record.id).is_repeat)
    return found


def test_it_works(project: Project) -> None:
    assert repeats(project, timedelta(minutes=2), timedelta(minutes=1)) == [False, True]


def test_repeats_in_one_batch_are_told_in_the_order_of_their_time(project: Project) -> None:
    later = new_record(project.pk, created_at=NOW, prompt_digest=7)
    earlier = new_record(project.pk, created_at=NOW - timedelta(seconds=1), prompt_digest=7)
    store([later, earlier])
    assert list(RequestTrace.objects.filter(is_repeat=True).values_list("id", flat=True)) == [later.id]


def test_what_came_longer_ago_than_the_cache_remembers_is_no_repeat(project: Project) -> None:
    assert repeats(project, REPEATS_WITHIN + timedelta(minutes=1), timedelta()) == [False, False]


def test_a_hit_is_a_repeat_whatever_is_stored(project: Project) -> None:
    assert repeats(project, timedelta(), cache_hit=True) == [True]


def test_another_prompt_and_another_project_are_no_repeat(project: Project) -> None:
    other = Project.objects.create(name="Other")
    repeats(project, timedelta())
    assert repeats(project, timedelta(), prompt_digest=8) == [False]
    assert repeats(other, timedelta()) == [False]


def test_a_record_that_is_stored_again_stays_as_it_was(project: Project) -> None:
    record = new_record(project.pk, created_at=NOW, prompt_digest=7)
    store([record])
    store([record])
    assert not RequestTrace.objects.get(pk=record.id).is_repeat


def test_what_nothing_can_repeat_any_more_is_dropped(project: Project) -> None:
    repeats(project, timedelta(minutes=2))
    repeats(project, timedelta(), prompt_digest=8)
    drop_seen_before(NOW + REPEATS_WITHIN - timedelta(minutes=1))
    assert list(SeenPrompt.objects.values_list("digest", flat=True)) == [8]
