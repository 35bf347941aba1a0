"""The cache in Redis."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import openai_body
from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.cache import (
    CacheManager,
    CacheMemory,
    exact_key,
)
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

CACHING = OptimizerConfig.preset("balanced", enable_caching=True)
PROMPTS = sorted((Path(__file__).parents[3] / "examples" / "prompts").glob("*.json"))


@pytest.fixture
def cache() -> Iterator[CacheManager]:
    manager = CacheManager(os.environ["REDIS_URL"])
    yield manager
    for pattern in ("exact:*", "prefix:*"):
        for key in manager.redis.scan_iter(pattern):
            manager.redis.delete(key)


def test_it_works(cache: CacheManager) -> None:
    assert cache.get_exact("a") is None
    cache.set_exact("a", {"tokens": 3, "text": "é"})
    assert cache.get_exact("a") == {"tokens": 3, "text": "é"}
    assert cache.get_prefix("a") is None
    cache.set_prefix("a", "You are kind.")
    assert cache.get_prefix("a") == "You are kind."


def test_redis_keeps_the_guides_times() -> None:
    manager = CacheManager(os.environ["REDIS_URL"])
    manager.set_exact("t", {})
    manager.set_prefix("t", "p")
    assert 590 < manager.redis.ttl("exact:t") <= 600
    assert 3590 < manager.redis.ttl("prefix:t") <= 3600
    manager.redis.delete("exact:t", "prefix:t")


def test_a_redis_that_is_down_knows_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        manager = CacheManager(f"redis://127.0.0.1:{taken.getsockname()[1]}")
        manager.set_exact("a", {})
        assert manager.get_exact("a") is None


def test_the_guides_key_tells_all_its_parts_apart() -> None:
    parts = ("tok_a", "gpt-4o", "config", "input")
    assert len(exact_key(*parts)) == 64
    assert exact_key(*parts) == exact_key(*parts)
    others = [(*parts[:at], "other", *parts[at + 1 :]) for at in range(4)] + [("tok_ag", "pt-4o", *parts[2:])]
    assert len({exact_key(*parts), *(exact_key(*other) for other in others)}) == 6


def _run(body: dict[str, Any], memory: Any, secret: str = "", **options: Any) -> Any:
    return optimize_body(body, "openai", config=CACHING, ports=Ports(memory=memory, secret=secret), **options)


def test_a_repeated_prompt_is_an_exact_hit(cache: CacheManager) -> None:
    memory = CacheMemory(cache, "secret")
    first, second = (_run(openai_body(), memory) for _ in range(2))
    assert (first.stats.cache_hit, first.stats.route) == (False, "heuristic_only")
    assert (second.stats.cache_hit, second.stats.route) == (True, "cache")
    assert second.body == first.body
    assert second.stats.tokens_after == first.stats.tokens_after


def test_no_text_lies_in_the_cache() -> None:
    manager = CacheManager(os.environ["REDIS_URL"])
    _run(openai_body(), CacheMemory(manager, "secret"))
    stored = [manager.redis.get(key) for key in manager.redis.scan_iter("prefix:*")]
    assert stored
    assert not any(b"lease" in value for value in stored)
    for pattern in ("exact:*", "prefix:*"):
        for key in manager.redis.scan_iter(pattern):
            manager.redis.delete(key)


@pytest.mark.parametrize(
    "change", [{"query": "What about shard 3?"}, {"budget_tokens": 9_000}, {"secret": "another"}]
)
def test_another_question_budget_or_owner_is_no_hit(change: dict[str, Any]) -> None:
    memory = InProcessMemory()
    _run(openai_body(), memory)
    assert not _run(openai_body(), memory, **change).stats.cache_hit


def test_without_caching_nothing_is_called_a_hit() -> None:
    memory = InProcessMemory()
    config = OptimizerConfig.preset("balanced")
    for _ in range(2):
        stats = optimize_body(openai_body(), "openai", config=config, ports=Ports(memory=memory)).stats
    assert not stats.cache_hit


def test_a_replay_of_the_demo_hits_in_all_but_the_first_round() -> None:
    memory = InProcessMemory()
    hits = []
    for _ in range(3):
        for path in PROMPTS:
            prompt = json.loads(path.read_text())
            result = optimize_body(
                prompt["body"], prompt["dialect"], config=CACHING, ports=Ports(memory=memory)
            )
            hits.append(result.stats.cache_hit)
    assert sum(hits) / len(hits) >= 0.6
