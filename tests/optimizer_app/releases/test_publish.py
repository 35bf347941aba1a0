"""Publishing with regression cases: one that fails stops it, unless somebody says why not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.create import create_config
from optimizer_app.configs.errors import FieldsRefused, NoShare
from optimizer_app.models import OptimizationConfig, Project, RegressionResult
from optimizer_app.releases.cases import make_case
from optimizer_app.releases.errors import CasesFailed
from optimizer_app.releases.publish import ShareSize, publish_checked, publish_share_checked
from optimizer_app.releases.sides import sides_of
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.releases.prompts import CASE, ROOMY, TIGHT

HALF = ShareSize("conversations", 50)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def config(ada: User) -> OptimizationConfig:
    config = create_config(Project.objects.create(name="ci-agent"), "agents", ROOMY, author=ada)
    make_case(config.project, "deploy key", CASE, ada)
    return config


def test_a_version_under_which_all_pass_goes_live(config: OptimizationConfig, ada: User) -> None:
    more = ROOMY.differing("safe", {"keep_last_n_turns": 5})
    assert publish_checked(config, ada, more, base_version=1).number == 2
    assert RegressionResult.objects.get().version == 2


def test_a_failing_case_stops_it(config: OptimizationConfig, ada: User) -> None:
    with pytest.raises(CasesFailed, match="1 regression case failed") as refused:
        publish_checked(config, ada, TIGHT, base_version=1)
    assert [result.case.name for result in refused.value.failing] == ["deploy key"]
    config.refresh_from_db()
    assert config.version == 1


def test_it_is_published_anyway_with_a_reason(config: OptimizationConfig, ada: User) -> None:
    with pytest.raises(FieldsRefused, match="note"):
        publish_checked(config, ada, TIGHT, base_version=1, note=" ", anyway=True)
    version = publish_checked(config, ada, TIGHT, base_version=1, note="keys are gone", anyway=True)
    version.refresh_from_db()
    assert (version.number, version.failed_cases, version.note) == (2, 1, "keys are gone")


def test_a_share_is_checked_when_it_begins_and_when_it_goes_to_all(
    config: OptimizationConfig, ada: User
) -> None:
    with pytest.raises(CasesFailed):
        publish_checked(config, ada, TIGHT, base_version=1, share=HALF)
    publish_checked(config, ada, TIGHT, base_version=1, share=HALF, note="a try", anyway=True)
    config.refresh_from_db()
    with pytest.raises(CasesFailed):
        publish_share_checked(config, ada)
    version = publish_share_checked(config, ada, note="it was fine", anyway=True)
    version.refresh_from_db()
    assert (version.note, version.failed_cases) == ("a try; to all: it was fine", 1)
    config.refresh_from_db()
    assert config.version == 2
    with pytest.raises(NoShare):
        publish_share_checked(config, ada)


def test_both_sides_are_counted_from_the_beginning_of_the_share(
    config: OptimizationConfig, ada: User
) -> None:
    publish_checked(config, ada, TIGHT, base_version=1, share=HALF, note="a try", anyway=True)
    config.refresh_from_db()
    share = config.running_share
    assert share is not None
    share.started_at -= timedelta(minutes=30)
    now = {"config_name": "agents", "age": timedelta(minutes=5)}
    money = {"gross_usd": Decimal("0.5"), "net_usd": Decimal("0.25")}
    for _ in range(3):
        make_trace(config.project, config_version=1, latency_ms=10, **now, **money)
    make_trace(config.project, config_version=1, latency_ms=30, fallback_used=True, tokens_after=1000, **now)
    make_trace(config.project, config_version=2, **now)
    make_trace(config.project, config_version=2, route="bypass", **now)
    make_trace(config.project, config_version=1, config_name="agents", age=timedelta(hours=1))
    make_trace(config.project, config_version=2, config_name="others", age=timedelta(minutes=5))
    live, shared = sides_of(share)
    assert (live.version, live.requests, live.fallbacks, live.cut_share) == (1, 4, 1, 0.45)
    assert (live.net_usd, live.net_usd_per_request) == (Decimal("0.75"), Decimal("0.25"))
    assert live.percentiles_ms == (pytest.approx(10, rel=0.1), pytest.approx(30, rel=0.1))
    assert (shared.version, shared.requests, shared.net_usd, shared.p95_ms) == (2, 1, None, 38)
