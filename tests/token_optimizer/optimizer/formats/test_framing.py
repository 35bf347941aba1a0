"""The framing block: with it the blocks add up to the whole request."""

from __future__ import annotations

from dataclasses import replace

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body
from token_optimizer.optimizer.formats.framing import framed, framing_left, unframed
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.tokens.counts import count_body, count_texts


def _count(texts: object) -> list[int]:
    return count_texts(list(texts), "gpt-4o")  # type: ignore[call-overload]


def test_the_blocks_add_up_to_the_request() -> None:
    for body, dialect in ((openai_body(), "openai"), (anthropic_body(), "anthropic")):
        prompt = canonicalize(body, dialect, count=_count)  # type: ignore[arg-type]
        tokens = framed(prompt, body, _count).tokens
        assert tokens == count_body(body, dialect, "gpt-4o")  # type: ignore[arg-type]


def test_the_framing_of_gone_messages_goes() -> None:
    body = openai_body()
    whole = framed(canonicalize(body, "openai", count=_count), body, _count)
    left = replace(whole, gone_messages=frozenset({1, 2}))
    assert framing_left(whole) - framing_left(left) == 8
    assert unframed(left, whole).tokens == whole.tokens - 8
