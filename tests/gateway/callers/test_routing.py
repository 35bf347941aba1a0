"""Which provider serves a request, and who follows it."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from gateway.callers.routing import ModelRoute, Plan, ProviderRoute, Target, plan_for
from gateway.errors import BadRequest

FIRST = ProviderRoute("first", "openai", id=uuid.UUID(int=1))
SECOND = ProviderRoute("second", "openai", id=uuid.UUID(int=2))
CLAUDE = ProviderRoute("claude", "anthropic", id=uuid.UUID(int=3))
PROVIDERS = (FIRST, SECOND, CLAUDE)


def planned(model: str, *routes: ModelRoute, conversation: str = "a") -> Plan:
    return plan_for(model, "openai", PROVIDERS, routes, lambda: conversation)


def test_without_a_route_the_first_provider_of_the_kind_serves() -> None:
    assert planned("gpt-4o") == Plan((Target(FIRST),))
    with pytest.raises(BadRequest, match="no provider of kind 'openai'"):
        plan_for("gpt-4o", "openai", (CLAUDE,), (), lambda: "")


def test_the_first_route_that_fits_serves() -> None:
    mini = ModelRoute("gpt-4o-*", (Target(SECOND, "small"),), 1)
    rest = ModelRoute("*", (Target(CLAUDE),))
    assert planned("gpt-4o-mini", mini, rest).first == Target(SECOND, "small")
    assert planned("gpt-4o-mini", mini, rest).max_retries == 1
    assert planned("gpt-4o", mini, rest).first.provider is CLAUDE
    assert planned("GPT-4o-mini", mini).first.provider is FIRST


def test_those_that_stand_by_follow_in_their_order() -> None:
    targets = (Target(CLAUDE, weight=0), Target(FIRST), Target(SECOND, "other", weight=0))
    assert [target.provider.name for target in planned("m", ModelRoute("*", targets)).targets] == [
        "first",
        "claude",
        "second",
    ]


def test_weights_share_conversations_and_each_keeps_its_provider() -> None:
    route = ModelRoute("*", (Target(FIRST, weight=1), Target(SECOND, weight=3)))
    chosen = {name: planned("m", route, conversation=name).first for name in map(str, range(2_000))}
    counted = Counter(target.provider.name for target in chosen.values())
    assert 1_400 < counted["second"] < 1_600
    again = {name: planned("m", route, conversation=name).first for name in chosen}
    assert again == chosen


def test_a_changed_weight_moves_no_conversation_without_need() -> None:
    before = ModelRoute("*", (Target(FIRST, weight=1), Target(SECOND, weight=3)))
    after = ModelRoute("*", (Target(FIRST, weight=2), Target(SECOND, weight=3)))
    for name in map(str, range(500)):
        if planned("m", before, conversation=name).first.provider is FIRST:
            assert planned("m", after, conversation=name).first.provider is FIRST


def test_nobody_asks_for_the_conversation_where_there_is_no_choice() -> None:
    def never() -> str:
        raise AssertionError("the conversation was asked for")

    route = ModelRoute("*", (Target(FIRST), Target(SECOND, weight=0)))
    assert plan_for("m", "openai", PROVIDERS, (route,), never).first.provider is FIRST
    assert plan_for("m", "openai", PROVIDERS, (), never).first.provider is FIRST


@pytest.mark.parametrize(("name", "shown"), [("house", "house"), ("Küche\n", "K%C3%BCche%0A")])
def test_a_name_in_a_header(name: str, shown: str) -> None:
    assert ProviderRoute(name, "openai").name_in_header == shown
