"""How many of the prompts that come again the exact cache knows, through the real gateway."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from optimizer_app.models import OptimizationConfig
from optimizer_app.rollups.figures import Totals, totals
from optimizer_app.rollups.reading import Selection
from optimizer_app.rollups.windows import RANGES, Window
from tests.gateway.accounts import Account
from tests.gateway.prompts import MODEL
from tests.provider.mock_provider import MockProvider

CHAT = "/v1/chat/completions"
Body = dict[str, Any]


def body(number: int, *more: Body, **fields: Any) -> Body:
    messages = [{"role": "user", "content": f"What is {number} and {number}?"}, *more]
    return {"model": MODEL, "messages": messages, **fields}


def traces_of(account: Account, bodies: Iterable[Body], **headers: str) -> list[dict[str, Any]]:
    answers = [account.post(CHAT, each, headers=headers) for each in bodies]
    return [account.trace(answer.headers["x-optimizer-trace-id"]) for answer in answers]


def totals_of(account: Account) -> Totals:
    window = Window.ending_at(timezone.now() + timedelta(seconds=1), RANGES["24h"])
    return totals(Selection((account.project.pk,)), window)


def test_ten_prompts_sent_twice_are_ten_repeats_and_all_of_them_hits(
    account: Account, provider: MockProvider
) -> None:
    first = traces_of(account, map(body, range(10)))
    second = traces_of(account, map(body, range(10)))
    assert [trace["is_repeat"] for trace in first] == [False] * 10
    assert [(trace["is_repeat"], trace["cache_hit"]) for trace in second] == [(True, True)] * 10
    found = totals_of(account)
    assert (found.requests, found.repeats, found.repeat_hits) == (20, 10, 10)
    assert found.repeat_hit_share == 1.0
    assert found.cache_hit_share == 0.5


def test_a_repeat_that_the_cache_does_not_know_is_a_miss(account: Account, provider: MockProvider) -> None:
    # What was made under one config, the cache does not give under another.
    other = OptimizationConfig.objects.create(
        project=account.project, name="other", fields={"max_input_tokens": 40_000}
    )
    traces_of(account, [body(1)])
    (again,) = traces_of(account, [body(1)], **{"x-optimizer-config": other.name})
    assert (again["is_repeat"], again["cache_hit"]) == (True, False)
    assert totals_of(account).repeat_hit_share == 0.0


def test_sampling_makes_no_other_prompt(account: Account, provider: MockProvider) -> None:
    _, again = traces_of(account, [body(1), body(1, temperature=0.5)])
    assert (again["is_repeat"], again["cache_hit"]) == (True, True)


def test_other_prompts_and_what_asks_no_cache_repeat_nothing(
    account: Account, provider: MockProvider
) -> None:
    off = traces_of(account, [body(1), body(1)], **{"x-optimizer-mode": "off"})
    other = traces_of(account, [body(2), body(3)])
    assert not any(trace["is_repeat"] for trace in (*off, *other))
    assert totals_of(account).repeat_hit_share is None


def test_without_the_cache_nothing_repeats(account: Account, provider: MockProvider) -> None:
    config = OptimizationConfig.objects.get(project=account.project, name="default")
    config.fields = {"enable_caching": False}
    config.save()
    traces = traces_of(account, [body(1), body(1)])
    assert not any(trace["is_repeat"] for trace in traces)


def test_turns_that_continue_find_their_prefix(account: Account, provider: MockProvider) -> None:
    answer = [{"role": "assistant", "content": "An answer."}, {"role": "user", "content": "And then?"}]
    first, found, unknown = traces_of(account, [body(1), body(1, *answer), body(2, *answer)])
    assert [trace["continues"] for trace in (first, found, unknown)] == [False, True, True]
    result = totals_of(account)
    assert (result.continued, result.prefixes_found, result.prefix_hit_share) == (2, 1, 0.5)
