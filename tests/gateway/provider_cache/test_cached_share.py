"""Over a session of twenty turns the provider's cache finds no less with the gateway's hints than without."""

from __future__ import annotations

import pytest

from tests.gateway.accounts import Account
from tests.gateway.provider_cache.sessions import PATHS, session_turns
from tests.provider.mock_cache import MockCache
from tests.provider.mock_provider import MockProvider
from token_optimizer.models import Dialect

SESSIONS: list[tuple[Dialect, str]] = [
    ("anthropic", "claude-sonnet-4-5"),
    ("openai", "gpt-4o"),
    ("openai", "gpt-5.6"),
    ("responses", "gpt-5.6"),
]


def cached_share(account: Account, provider: MockProvider, dialect: Dialect, model: str, mode: str) -> float:
    """The share of all prompts' tokens that the provider read from its cache."""
    provider.cache = MockCache()
    read = billed = 0
    for body in session_turns(dialect, model):
        answer = account.post(PATHS[dialect], body, headers={"x-optimizer-mode": mode})
        assert answer.status_code == 200, answer.text
        usage = answer.json()["usage"]
        if dialect == "anthropic":
            read += usage["cache_read_input_tokens"]
            billed += sum(
                usage[name]
                for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
            )
        else:
            asked = "prompt" if dialect == "openai" else "input"
            read += usage[f"{asked}_tokens_details"]["cached_tokens"]
            billed += usage[f"{asked}_tokens"]
    return read / billed


@pytest.mark.parametrize(("dialect", "model"), SESSIONS)
def test_the_cache_finds_no_less(
    account: Account, provider: MockProvider, dialect: Dialect, model: str
) -> None:
    alone = cached_share(account, provider, dialect, model, "off")
    helped = cached_share(account, provider, dialect, model, "on")

    print(f"cached share of {model}, {dialect}: {alone:.1%} alone, {helped:.1%} with the gateway")
    assert helped >= alone
    assert helped > 0.7
