"""Drafts: one for each author, checked values, what differs."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.changes import Change, changes
from optimizer_app.configs.check import checked, problem
from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of, save_draft
from optimizer_app.models import OptimizationConfig


def test_everybody_has_a_draft_of_their_own(config: OptimizationConfig, ada: User, bob: User) -> None:
    save_draft(config, ada, ConfigValues("safe"))
    save_draft(config, ada, ConfigValues("aggressive"))
    save_draft(config, bob, ConfigValues("balanced", {"dedupe_window": 1}))
    drafts = [draft_of(config, author) for author in (ada, bob)]
    assert [draft and ConfigValues.of(draft) for draft in drafts] == [
        ConfigValues("aggressive"),
        ConfigValues("balanced", {"dedupe_window": 1}),
    ]


def test_a_draft_that_changes_nothing_is_none(config: OptimizationConfig, ada: User) -> None:
    save_draft(config, ada, ConfigValues("safe"))
    assert save_draft(config, ada, ConfigValues("balanced")) is None
    assert draft_of(config, ada) is None


def test_changes_are_those_that_a_request_meets() -> None:
    same_target = ConfigValues("balanced", {"target_reduction": 0.7, "compression_ratio": 0.3})
    assert changes(same_target, ConfigValues("aggressive")) == [Change("preset", "balanced", "aggressive")]
    assert changes(ConfigValues("balanced"), same_target) == [
        Change("target_reduction", 0.5, 0.7),
        Change("compression_ratio", 0.5, 0.3),
    ]


def test_fields_that_are_as_the_preset_has_them_are_left_out() -> None:
    assert checked("safe", {"tool_descriptions": "full", "dedupe_window": 3}).fields == {"dedupe_window": 3}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("keep_last_n_turns", -1, "must be a whole number of at least 0, not -1"),
        ("target_reduction", 2, "must be between 0 and 1, not 2"),
        ("nonsense", 1, "is no field of a config"),
        ("redis_url", "redis://10.0.0.1", "cannot be set here: library only"),
        ("provider", "openai", "cannot be set here: no effect yet"),
        ("capture_days", 400, "must be at most 365, not 400"),
        ("target_reduction", None, ""),
    ],
)
def test_each_field_is_checked_alone(name: str, value: Any, reason: str) -> None:
    assert problem(name, value) == reason


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(FieldsRefused) as refused:
        checked("odd", {"keep_last_n_turns": "x", "dedupe_window": 1, "mmr_lambda": 3})
    assert set(refused.value.problems) == {"preset", "keep_last_n_turns", "mmr_lambda"}
