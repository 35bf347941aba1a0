"""What requests leave in the memory of a process: what is remembered, within its bounds, and no more."""

from __future__ import annotations

import gc
from collections import OrderedDict

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.conversation import message_hashes
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports
from token_optimizer.runtime.lru_cache import LRUCache
from token_optimizer.text.cache import TextCache

CONFIG = OptimizerConfig.preset("balanced")
_LINES = (f"2026-05-04T10:00:{n:02d}Z INFO worker {n % 7} took job {n}" for n in range(60))
_ASKED = "Which job did worker 3 take last?\n\n" + "\n".join(_LINES)
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": _ASKED}]}
# Room for some ten of the conversations below.
ROOM_CHARS = 40_000


def objects_after(owners: range, memory: InProcessMemory) -> int:
    """The objects that live once each owner has asked, in conversations that are theirs alone."""
    for owner in owners:
        ports = Ports(memory=memory, secret=f"of {owner}")
        result = optimize_body(BODY, "openai", config=CONFIG, budget_tokens=600, ports=ports)
        assert result.stats.tokens_saved > 0
        assert not result.stats.cache_hit
    gc.collect()
    return len(gc.get_objects())


def shrink_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound what is held of conversations, so that a few of them fill it. What lives by now, all tests
    among it, is left alone by the collector from here on, and not counted."""
    gc.unfreeze()
    for cache in [found for found in gc.get_objects() if issubclass(type(found), LRUCache)]:
        monkeypatch.setattr(cache, "_max_chars", ROOM_CHARS)
        monkeypatch.setattr(cache, "_values", OrderedDict())
        monkeypatch.setattr(cache, "_chars", 0)
    monkeypatch.setattr(message_hashes, "_CHAINS", TextCache(10))
    gc.freeze()


def test_nothing_of_a_request_outlives_it_but_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is the same each time, so that nothing new is known of it."""
    shrink_caches(monkeypatch)
    memory = InProcessMemory(ROOM_CHARS)
    full = objects_after(range(30), memory)
    # A cache of fifty thousand hashes takes one of each; any part of a prompt would be dozens.
    assert objects_after(range(30, 80), memory) - full < 2 * 50
