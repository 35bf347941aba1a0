"""A compaction without a budget that forces it: only where it is expected to be cheaper, and rarely."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Block, OptimizationResult, Prompt
from token_optimizer.optimizer.conversation.cache_prices import cache_prices
from token_optimizer.optimizer.conversation.compaction import Compaction, coming_requests, is_due
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import CachePrices, ModelFacts, Ports

JUNK = "Thinking aloud: " + "the pool may be too small, or the server gone, or the network slow. " * 40
# What is long enough to be junk only once it is older than the protected turns.
CONFIG = OptimizerConfig.preset("balanced", junk_regexes=[r"Thinking aloud:.*"], keep_last_n_turns=4)


def _turns(count: int, thought: str = JUNK) -> Iterator[list[dict[str, Any]]]:
    """A conversation's growing messages: a thought before every answer."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You keep a service running."}]
    for number in range(count):
        messages.append({"role": "user", "content": f"What about shard {number}?"})
        yield list(messages)
        messages.append({"role": "assistant", "content": thought.replace("pool", f"pool {number}")})
        messages.append(
            {"role": "assistant", "content": f"Shard {number} has {number + 3} free connections."}
        )


def _results(
    model: str, count: int, thought: str = JUNK, prices: CachePrices | None = None
) -> list[OptimizationResult]:
    ports = Ports(memory=InProcessMemory(), facts=ModelFacts(cache_prices=prices))
    return [
        optimize_body({"model": model, "messages": messages}, "openai", config=CONFIG, ports=ports)
        for messages in _turns(count, thought)
    ]


def test_it_works() -> None:
    results = _results("gpt-4o", 30)
    compactions = [number for number, result in enumerate(results) if result.stats.compacted]
    assert compactions[0] == 10
    assert min(later - earlier for earlier, later in pairwise(compactions)) >= 10
    first = results[10].stats
    assert first.tokens_after < results[9].stats.tokens_after
    assert 0 < first.recached_tokens < results[9].stats.tokens_after
    (told,) = [stage.reason for stage in first.stages if stage.name == "compaction"]
    assert told.startswith(f"{first.recached_tokens} tokens that had been sent before are sent anew: $0.00")


def test_between_compactions_what_was_sent_stays() -> None:
    for before, after in pairwise(_results("gpt-4o", 30)):
        sent = before.body["messages"]
        assert after.stats.compacted or after.body["messages"][: len(sent)] == sent
        assert after.stats.compacted == (after.stats.recached_tokens > 0)


def test_a_request_that_comes_again_is_answered_alike() -> None:
    memory = InProcessMemory()
    for messages in _turns(12):
        first, again = (
            optimize_body({"messages": messages}, "openai", config=CONFIG, ports=Ports(memory=memory))
            for _ in range(2)
        )
        assert again.body == first.body
        assert not again.stats.compacted
    assert first.stats.tokens_after < first.stats.tokens_before


@pytest.mark.parametrize("model", ["gpt-4", "a-model-without-prices"])
def test_without_a_cache_discount_to_reckon_with_nothing_is_rewritten(model: str) -> None:
    assert not any(result.stats.compacted for result in _results(model, 25))


def test_what_saves_nothing_is_not_rewritten() -> None:
    assert not any(result.stats.compacted for result in _results("gpt-4o", 25, "It is the pool."))


def test_without_genai_prices_nothing_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    cache_prices.cache_clear()
    try:
        assert cache_prices("gpt-4o", "openai") is None
    finally:
        cache_prices.cache_clear()


def test_prices_are_those_of_the_cache() -> None:
    prices = cache_prices("claude-sonnet-4-5", "anthropic")
    assert prices is not None
    assert prices.read_usd == pytest.approx(0.3e-6)
    assert prices.write_usd == pytest.approx(3.75e-6)


@pytest.mark.parametrize(
    ("recached", "saved", "coming", "pays"),
    [(1000, 100, 20, False), (1000, 100, 21, True), (1000, 0, 1000, False), (1000, -5, 10, False)],
)
def test_it_pays_when_the_saving_is_twice_the_discount_lost(
    recached: int, saved: int, coming: int, pays: bool
) -> None:
    assert Compaction(recached, saved).pays(coming, CachePrices(read_usd=1e-6, write_usd=2e-6)) is pays


def test_what_stands_before_the_first_change_keeps_its_cache() -> None:
    def prompt(*texts: str) -> Prompt:
        blocks = tuple(Block(text, id=text, tokens=len(text), frozen=text != "new") for text in texts)
        return Prompt(blocks, (), {}, "openai")

    found = Compaction.between(prompt("a", "bb", "ccc", "new"), prompt("a", "b", "ccc", "new"))
    assert found == Compaction(recached_tokens=5, saved_tokens=1)


def test_conversations_are_looked_at_ever_less_often() -> None:
    assert [requests for requests in range(200) if is_due(requests)] == [10, 20, 40, 80, 160]


def test_a_conversation_is_expected_to_go_on_as_long_as_it_went_but_no_hundred_turns() -> None:
    assert coming_requests(10) == 10
    assert coming_requests(100) == 20


def test_prices_of_the_caller_go_before_the_known_ones() -> None:
    def are_rewritten(model: str, prices: CachePrices) -> bool:
        return any(result.stats.compacted for result in _results(model, 25, prices=prices))

    assert are_rewritten("a-model-without-prices", CachePrices(read_usd=3e-7, write_usd=1e-6))
    assert not are_rewritten("gpt-4o", CachePrices(read_usd=1e-6, write_usd=1e-6))
