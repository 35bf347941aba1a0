"""A version on a share of conversations, at the running gateway."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from gateway.callers.auth import caller_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.shares import publish_to_all, publish_to_share, roll_back_share
from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import Account
from tests.gateway.prompts import MODEL

SAFER = ConfigValues("safe")


@pytest.fixture
def author(transactional_db: None) -> User:
    return User.objects.get_or_create(username="shares")[0]


@pytest.fixture
def config(account: Account) -> OptimizationConfig:
    return OptimizationConfig.objects.get(project=account.project, is_default=True)


def versions_met(account: Account, openings: list[str]) -> list[int]:
    """The version that served each of the conversations, by their traces."""
    bodies = [{"model": MODEL, "messages": [{"role": "user", "content": text}]} for text in openings]
    answers = [account.post("/v1/chat/completions", body) for body in bodies]
    return [account.trace(answer.headers["x-optimizer-trace-id"])["config_version"] for answer in answers]


def test_a_share_of_conversations_meets_it_and_stays_on_its_side(
    account: Account, config: OptimizationConfig, author: User
) -> None:
    publish_to_share(config, author, SAFER, by="conversations", percent=50, base_version=1)
    openings = [f"Question {number}" for number in range(12)]
    met = versions_met(account, openings)
    assert set(met) == {1, 2}
    assert versions_met(account, openings) == met


def test_by_keys_the_optimize_endpoint_meets_it_too(
    account: Account, config: OptimizationConfig, author: User
) -> None:
    publish_to_share(config, author, SAFER, by="keys", percent=99, base_version=1)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    trace_id = account.post("/v1/optimize", body).headers["x-optimizer-trace-id"]
    assert account.trace(trace_id)["config_version"] == 2


@pytest.mark.parametrize(("end", "version"), [(publish_to_all, 2), (roll_back_share, 1)])
def test_after_its_end_all_meet_one_version(
    account: Account, config: OptimizationConfig, author: User, end: object, version: int
) -> None:
    publish_to_share(config, author, SAFER, by="conversations", percent=50, base_version=1)
    end(config, author)  # type: ignore[operator]
    assert set(versions_met(account, [f"Question {number}" for number in range(6)])) == {version}


def test_a_share_takes_no_query_more(
    account: Account, config: OptimizationConfig, author: User, django_assert_num_queries: object
) -> None:
    caller_of(account.key.hash)
    with django_assert_num_queries(5):  # type: ignore[operator]
        caller_of(account.key.hash)
    publish_to_share(config, author, SAFER, by="conversations", percent=50, base_version=1)
    with django_assert_num_queries(5):  # type: ignore[operator]
        caller = caller_of(account.key.hash)
    assert caller is not None
    assert caller.default.share is not None
