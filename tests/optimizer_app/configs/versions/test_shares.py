"""A version published to a share: who is in it, what it refuses, how it ends."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.errors import FieldsRefused, NoShare, PublishedMeanwhile, ShareRunning
from optimizer_app.configs.remove import delete_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of, save_draft
from optimizer_app.configs.versions.history import versions_of
from optimizer_app.configs.versions.membership import least_percent, member_keys
from optimizer_app.configs.versions.publish import publish, roll_back
from optimizer_app.configs.versions.shares import publish_to_all, publish_to_share, roll_back_share, shares_of
from optimizer_app.models import ApiKey, ConfigShare, OptimizationConfig

MORE_TURNS = ConfigValues("balanced", {"keep_last_n_turns": 9})


@pytest.fixture
def share(config: OptimizationConfig, ada: User) -> ConfigShare:
    save_draft(config, ada, MORE_TURNS)
    return publish_to_share(
        config, ada, MORE_TURNS, by="conversations", percent=10, base_version=1, note="agents forget"
    )


def test_the_live_version_stays_and_the_new_one_has_a_number(
    share: ConfigShare, config: OptimizationConfig, ada: User
) -> None:
    config.refresh_from_db()
    assert (config.version, config.fields, config.running_share) == (1, {}, share)
    assert (share.version.number, share.version.note, share.version.author) == (2, "agents forget", ada)
    assert draft_of(config, ada) is None


def test_publishing_to_all_makes_it_live(share: ConfigShare, config: OptimizationConfig, bob: User) -> None:
    assert publish_to_all(config, bob).number == 2
    config.refresh_from_db()
    assert (config.version, config.fields, config.running_share) == (2, {"keep_last_n_turns": 9}, None)
    (ended,) = shares_of(config)
    assert (ended.ended_by, ended.outcome) == (bob, "published")
    assert ended.ended_at is not None


def test_rolling_back_leaves_the_live_version_and_the_number_taken(
    share: ConfigShare, config: OptimizationConfig, bob: User
) -> None:
    assert roll_back_share(config, bob).outcome == "rolled_back"
    config.refresh_from_db()
    assert (config.version, config.fields, config.running_share) == (1, {}, None)
    assert publish(config, bob, MORE_TURNS, base_version=1).number == 3
    assert [row.number for row in versions_of(config)] == [3, 2, 1]


def test_while_it_runs_nothing_else_is_published(
    share: ConfigShare, config: OptimizationConfig, bob: User
) -> None:
    with pytest.raises(ShareRunning, match="v2 runs on 10% of conversations"):
        publish(config, bob, ConfigValues("safe"), base_version=1)
    with pytest.raises(ShareRunning):
        roll_back(config, 1, bob, base_version=1)
    with pytest.raises(ShareRunning):
        publish_to_share(config, bob, ConfigValues("safe"), by="keys", percent=9, base_version=1)


def test_what_was_changed_under_it_is_not_overwritten(
    share: ConfigShare, config: OptimizationConfig, ada: User
) -> None:
    OptimizationConfig.objects.filter(pk=config.pk).update(version=3, preset="safe")
    with pytest.raises(PublishedMeanwhile):
        publish_to_all(config, ada)
    roll_back_share(config, ada)


def test_what_does_not_run_cannot_end(config: OptimizationConfig, ada: User) -> None:
    for end in (publish_to_all, roll_back_share):
        with pytest.raises(NoShare):
            end(config, ada)


@pytest.mark.parametrize(
    ("by", "percent", "field"), [("keys", 0, "percent"), ("keys", 100, "percent"), ("users", 5, "by")]
)
def test_a_size_that_cannot_be_is_refused(
    config: OptimizationConfig, ada: User, by: str, percent: int, field: str
) -> None:
    with pytest.raises(FieldsRefused, match=field):
        publish_to_share(config, ada, MORE_TURNS, by=by, percent=percent, base_version=1)


def test_a_share_that_no_key_is_in_is_refused(config: OptimizationConfig, ada: User) -> None:
    ApiKey.issue(project=config.project, name="ci", config=config)
    keys = list(config.apikey_set.all())
    least = least_percent(f"{config.pk}:2", keys)
    if least > 1:
        with pytest.raises(FieldsRefused, match=f"takes none of the 1 keys; from {least} on it takes one"):
            publish_to_share(config, ada, MORE_TURNS, by="keys", percent=least - 1, base_version=1)
    share = publish_to_share(config, ada, MORE_TURNS, by="keys", percent=least, base_version=1)
    assert member_keys(share.seed, share.percent, keys) == keys


def test_a_config_goes_with_its_shares(share: ConfigShare, config: OptimizationConfig) -> None:
    delete_config(config)
    assert not ConfigShare.objects.exists()
