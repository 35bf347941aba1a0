"""The framing block: with it the blocks add up to the whole request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.cases.conversations import question_over_documents
from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body
from token_optimizer import OptimizerConfig
from token_optimizer.models import Dialect
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.formats.framing import framed, framing_left, unframed
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.tokens.counts import count_body

CONTEXT = Context(OptimizerConfig(), "gpt-4o")


def test_the_blocks_add_up_to_the_request() -> None:
    bodies: list[tuple[dict[str, Any], Dialect]] = [
        (openai_body(), "openai"),
        (anthropic_body(), "anthropic"),
    ]
    for body, dialect in bodies:
        prompt = canonicalize(body, dialect, count=CONTEXT.count, count_media=CONTEXT.count_media)
        tokens = framed(prompt, body, CONTEXT.count).tokens
        assert tokens == count_body(body, dialect, "gpt-4o")


def test_what_joined_blocks_count_is_remembered_for_their_counter_alone() -> None:
    body = {"messages": question_over_documents(1_500)}
    for model in ("gpt-4o", "gpt-4", "gpt-4o"):
        context = replace(CONTEXT, model=model)
        prompt = canonicalize(body, "openai", count=context.count)
        blocks = [block for block in prompt.blocks if block.slot is not None]
        assert len(blocks) > len(prompt.slots)
        tokens = framed(prompt, body, context.count, context.counter).tokens
        assert tokens == framed(prompt, body, context.count).tokens == count_body(body, "openai", model)
        bare = replace(prompt, blocks=tuple(block.but(wrapper=None) for block in prompt.blocks))
        assert framed(bare, body, context.count, context.counter) == framed(bare, body, context.count)


def test_the_framing_of_gone_messages_goes() -> None:
    body = openai_body()
    whole = framed(canonicalize(body, "openai", count=CONTEXT.count), body, CONTEXT.count)
    left = replace(whole, gone_messages=frozenset({1, 2}))
    assert framing_left(whole) - framing_left(left) == 8
    assert unframed(left, whole).tokens == whole.tokens - 8
