"""The rules of each provider's cache, by the names of models as requests have them."""

import pytest

from token_optimizer.prompt_cache.rules import FIVE_MINUTES, HALF_HOUR, TEN_MINUTES, CacheRules, cache_rules


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("claude-opus-5", 512),
        ("claude-mythos-5-preview", 512),
        ("claude-opus-4-8", 1024),
        ("claude-sonnet-4-5-20250929", 1024),
        ("claude-sonnet-4-6", 1024),
        ("claude-opus-4-1-20250805", 1024),
        ("claude-opus-4-20250514", 1024),
        ("claude-opus-4-7", 2048),
        ("claude-3-5-haiku-20241022", 2048),
        ("claude-opus-4-5-20251101", 4096),
        ("claude-opus-4-6", 4096),
        ("claude-haiku-4-5", 4096),
        ("anthropic/claude-haiku-4.5", 4096),
        ("us.anthropic.claude-opus-4-6-v1", 4096),
    ],
)
def test_the_least_length_of_anthropics_models(model, tokens):
    assert cache_rules(model) == CacheRules(tokens, 1, FIVE_MINUTES, "none", lookback_blocks=20)


@pytest.mark.parametrize("model", ["gpt-5.6", "gpt-5.6-mini", "gpt-5.10", "gpt-6", "gpt-10-pro"])
def test_newer_models_of_openai_cache_up_to_breakpoints(model):
    assert cache_rules(model) == CacheRules(1024, 1, HALF_HOUR, "newest")


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "gpt-5.4-mini", "o4-mini", "gemini-2.5-pro", "mistral"])
def test_all_others_cache_every_prefix(model):
    assert cache_rules(model) == CacheRules(1024, 128, TEN_MINUTES, "everywhere")


def test_a_prefix_is_cached_in_whole_steps_from_the_least_length_on():
    rules = cache_rules("gpt-4o")

    assert [rules.cached(tokens) for tokens in (1023, 1024, 1151, 1152)] == [0, 1024, 1024, 1152]
