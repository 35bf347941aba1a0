"""What is sent is remembered once it is on its way, where the sender asks for that."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from benchmarks.cases.conversations import conversation, next_turn
from optimizer_app.optimize.conversations import Conversations
from optimizer_app.optimize.inline import OptimizationRequest, Optimized, run_inline
from optimizer_app.trace_ids import new_trace_id
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import BlockFate


@pytest.fixture
def conversations() -> Conversations:
    return Conversations(settings.REDIS_URL)


def _turns() -> list[OptimizationRequest]:
    """Two turns of a conversation of its own."""
    first = conversation(4_000, seed=5)
    secret = uuid.uuid4().hex
    return [
        OptimizationRequest(
            {"messages": messages},
            "openai",
            OptimizerConfig.preset("balanced"),
            "gpt-4o",
            new_trace_id(),
            1,
            secret=secret,
            remembers_later=True,
        )
        for messages in (first, next_turn(first, seed=6))
    ]


def _frozen(result: Optimized) -> list[BlockFate]:
    return [block for block in result.stats.blocks if block.frozen]


def test_it_works(conversations: Conversations) -> None:
    first, second = _turns()
    sent = run_inline(first, conversations)
    assert not sent.stats.segments
    assert not _frozen(run_inline(second, conversations))

    sent.remember_sent()
    assert sent.stats.segments
    assert _frozen(run_inline(second, conversations))


def test_it_is_the_same_as_at_once(conversations: Conversations) -> None:
    later, at_once = [], []
    for request in _turns():
        later.append(run_inline(request, conversations))
        later[-1].remember_sent()
    for request in _turns():
        at_once.append(run_inline(replace(request, remembers_later=False), conversations))
    assert [result.body for result in later] == [result.body for result in at_once]
    assert [result.stats.blocks for result in later] == [result.stats.blocks for result in at_once]
    tokens = [[segment.tokens for segment in result.stats.segments] for result in (*later, *at_once)]
    assert tokens[:2] == tokens[2:]


def test_it_is_done_once(conversations: Conversations) -> None:
    sent = run_inline(_turns()[0], conversations)
    sent.remember_sent()
    sent.stats.segments = ()
    sent.remember_sent()
    assert sent.stats.segments == ()


def test_a_failure_is_told_and_goes_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN_OPTIMIZER_STRICT", raising=False)

    def broken() -> None:
        raise ValueError("a secret of the prompt")

    sent = replace(run_inline(_turns()[0], None), remember=broken)
    with capture_logs() as logs:
        sent.remember_sent()
    assert [(entry["event"], entry["error"]) for entry in logs] == [
        ("conversation_not_remembered", "ValueError")
    ]
