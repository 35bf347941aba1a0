"""The receipts of a session of twenty turns agree with what the session is billed without the gateway.

The same turns go through the gateway to one provider, and to another one's cache directly; both caches count
by a tokenizer of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson
import pytest

from benchmarks.cases.conversations import conversation
from optimizer_app.optimize.inline import INLINE_BYTES
from optimizer_app.optimize.usage import Usage
from optimizer_app.prices.entries import entry_of
from optimizer_app.receipts.bill import bill_of
from optimizer_app.receipts.receipt import Receipt
from tests.gateway.accounts import Account
from tests.gateway.provider_cache.sessions import PATHS, session_turns
from tests.provider.mock_counting import CountingCache
from tests.provider.mock_provider import MockProvider
from token_optimizer.models import Dialect

Json = dict[str, Any]
MAX_ERROR = 0.01
FIVE_MINUTES = {"type": "ephemeral"}
AN_HOUR = {"type": "ephemeral", "ttl": "1h"}


def marked(body: Json) -> Json:
    """The turn as an agent sends it that marks what is to be cached: system text and newest message."""
    *earlier, newest = body["messages"]
    content = newest["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    blocks = [*blocks[:-1], {**blocks[-1], "cache_control": FIVE_MINUTES}]
    system = [{"type": "text", "text": body["system"], "cache_control": AN_HOUR}]
    return {**body, "system": system, "messages": [*earlier, {**newest, "content": blocks}]}


def turns(dialect: Dialect, model: str, *, marks: bool) -> Iterator[Json]:
    for body in session_turns(dialect, model):
        yield marked(body) if marks else body


def counting(dialect: Dialect) -> CountingCache:
    """The cache of a provider that counts otherwise than we do."""
    return CountingCache(encoding_name="cl100k_base", per_token=1.1 if dialect == "anthropic" else 1.0)


def billed_directly(bodies: Iterator[Json], dialect: Dialect, output_tokens: int) -> Decimal:
    """What the provider bills for the turns as they are, at list prices."""
    cache, usd = counting(dialect), Decimal(0)
    for body in bodies:
        tokens = cache.tokens(body, dialect)
        read, written, written_1h = cache.billed(body, dialect, tokens)
        entry = entry_of(body["model"], dialect, None)
        assert entry is not None
        usd += bill_of(entry, Usage(tokens, read, written, output_tokens, written_1h)).usd
    return usd


@pytest.mark.parametrize(
    ("dialect", "model", "marks"),
    [
        ("anthropic", "claude-sonnet-4-5", True),
        ("anthropic", "claude-sonnet-4-5", False),
        ("openai", "gpt-4o", False),
        ("openai", "gpt-5.6", False),
        ("responses", "gpt-5.6", False),
    ],
)
def test_the_counterfactual_is_what_a_direct_run_is_billed(
    account: Account, provider: MockProvider, dialect: Dialect, model: str, marks: bool
) -> None:
    provider.cache = counting(dialect)
    receipts, billed = [], Decimal(0)
    for body in turns(dialect, model, marks=marks):
        answer = account.post(PATHS[dialect], body)
        assert answer.status_code == 200, answer.text
        trace = account.trace(answer.headers["x-optimizer-trace-id"])
        receipts.append(Receipt.from_dict(trace["receipt"]))
        billed += Decimal(trace["billed_usd"])

    without_us = sum((receipt.without_us.usd for receipt in receipts if receipt.without_us), Decimal(0))
    said = provider.default.completion_tokens
    directly = billed_directly(turns(dialect, model, marks=marks), dialect, said)
    error = abs(float(without_us / directly) - 1)
    print(
        f"{dialect} {model} {marks=}: ${billed}; without us ${without_us}, directly ${directly}: {error:.2%}"
    )

    assert len(receipts) == 20
    assert all(receipt.is_simulated for receipt in receipts)
    assert error <= MAX_ERROR
    assert billed < directly


def test_a_large_prompt_that_nobody_sent_before_has_one(account: Account) -> None:
    """Its segments are told after the prompt is sent."""
    body = {"model": "gpt-4o", "messages": conversation(12_000, seed=31)}
    assert len(orjson.dumps(body)) > INLINE_BYTES
    for stream in (False, True):
        answer = account.post(PATHS["openai"], {**body, "stream": stream, "user": str(stream)})
        trace = account.trace(answer.headers["x-optimizer-trace-id"])
        assert Receipt.from_dict(trace["receipt"]).is_simulated
