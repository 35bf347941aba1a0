"""Publishing, rolling back, and two people at once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.changes import Change
from optimizer_app.configs.errors import FieldsRefused, NothingToPublish, PublishedMeanwhile
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of, rebase_draft, save_draft
from optimizer_app.configs.versions.history import values_at, versions_of
from optimizer_app.configs.versions.publish import publish, roll_back
from optimizer_app.models import ConfigVersion, OptimizationConfig

MORE_TURNS = ConfigValues("balanced", {"keep_last_n_turns": 9})
AGGRESSIVE = ConfigValues("aggressive", {"dedupe_window": 10})


def test_it_works(config: OptimizationConfig, ada: User) -> None:
    save_draft(config, ada, MORE_TURNS)
    published = publish(config, ada, MORE_TURNS, base_version=1, note="agents forget")
    config.refresh_from_db()
    assert (config.version, config.preset, config.fields) == (2, "balanced", {"keep_last_n_turns": 9})
    assert (published.number, published.author, published.note) == (2, ada, "agents forget")
    assert [row.number for row in versions_of(config)] == [2, 1]
    assert draft_of(config, ada) is None


def test_rolling_back_publishes_a_copy_and_leaves_the_draft(config: OptimizationConfig, ada: User) -> None:
    publish(config, ada, MORE_TURNS, base_version=1)
    config.refresh_from_db()
    save_draft(config, ada, AGGRESSIVE)
    back = roll_back(config, 1, ada, base_version=2)
    config.refresh_from_db()
    assert (back.number, back.copy_of, back.note, config.fields) == (3, 1, "Back to v1", {})
    assert draft_of(config, ada) is not None


def test_a_version_that_never_was_cannot_come_back(config: OptimizationConfig, ada: User) -> None:
    with pytest.raises(ConfigVersion.DoesNotExist):
        roll_back(config, 7, ada, base_version=1)


def test_who_comes_second_is_told_what_the_first_changed(
    config: OptimizationConfig, ada: User, bob: User
) -> None:
    publish(config, ada, MORE_TURNS, base_version=1)
    with pytest.raises(PublishedMeanwhile) as refused:
        publish(config, bob, AGGRESSIVE, base_version=1)
    assert (refused.value.live.number, refused.value.live.author) == (2, ada)
    assert refused.value.changes == [Change("keep_last_n_turns", 4, 9)]
    config.refresh_from_db()
    assert config.preset == "balanced"
    with pytest.raises(PublishedMeanwhile):
        roll_back(config, 1, bob, base_version=1)


def test_ones_own_changes_go_on_top_of_the_others(config: OptimizationConfig, ada: User, bob: User) -> None:
    save_draft(config, bob, AGGRESSIVE)
    publish(
        config, ada, ConfigValues("balanced", {"keep_last_n_turns": 9, "dedupe_window": 5}), base_version=1
    )
    draft = draft_of(OptimizationConfig.objects.get(), bob)
    assert draft is not None
    rebased = rebase_draft(draft)
    assert rebased is not None
    assert rebased.base_version == 2
    values = ConfigValues.of(rebased)
    assert values.preset == "aggressive"
    assert values.fields == {"keep_last_n_turns": 9, "dedupe_window": 10}


def test_what_is_live_already_is_not_published(config: OptimizationConfig, ada: User) -> None:
    with pytest.raises(NothingToPublish, match="v1"):
        publish(config, ada, ConfigValues("balanced", {}), base_version=1)


def test_values_that_cannot_be_used_are_refused(config: OptimizationConfig, ada: User) -> None:
    with pytest.raises(FieldsRefused, match="keep_last_n_turns"):
        publish(config, ada, ConfigValues("safe", {"keep_last_n_turns": -1}), base_version=1)


def test_the_first_version_of_a_row_without_a_history_is_kept(config: OptimizationConfig, ada: User) -> None:
    config.versions.all().delete()
    publish(config, ada, MORE_TURNS, base_version=1)
    config.refresh_from_db()
    assert values_at(config, 1) == ConfigValues("balanced")
