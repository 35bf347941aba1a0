"""What all adapters share, without a framework: `python -m benchmarks.adapters` tries them in theirs."""

from __future__ import annotations

import pytest

from tests.token_optimizer.prompts import openai_request
from token_optimizer.adapters.documents import cut_documents
from token_optimizer.adapters.prompts import PromptOptimizer
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.pipeline import STRICT_VARIABLE

FACT = "The gateway retries a failed capture 5 times."
QUERY = "How often does the gateway retry a failed capture?"


def documents() -> list[dict[str, str]]:
    texts = [
        " ".join(f"Worker {worker} of service {number} reads queue {worker}." for worker in range(60))
        for number in range(6)
    ]
    texts[4] = f"{texts[4]} {FACT}"
    return [{"title": f"service-{number}.md", "text": text} for number, text in enumerate(texts)]


def test_each_message_knows_where_it_came_from() -> None:
    given = openai_request()["messages"]
    placed = PromptOptimizer(None, {"target_reduction": 0.5}).placed(given, "openai/gpt-4o")
    assert [given[found.place]["role"] for found in placed] == [found.message["role"] for found in placed]
    assert len(str([found.message for found in placed])) < len(str(given)) / 2
    assert all("token_optimizer" not in str(found.message) for found in placed)
    assert "token_optimizer" not in str(given)


def test_the_next_turn_begins_as_the_one_before() -> None:
    optimizer = PromptOptimizer(None, {"target_reduction": 0.5, "max_input_tokens": None})
    given = openai_request()["messages"]
    first = optimizer.messages(given)
    more = [{"role": "assistant", "content": "It was db-3."}, {"role": "user", "content": "And then?"}]
    assert optimizer.messages([*given, *more])[: len(first)] == first
    assert optimizer.metrics.snapshot()["requests"] == 2


def test_documents_are_cut_to_what_the_query_needs() -> None:
    optimizer = PromptOptimizer(None, {"target_reduction": 0.5})
    left = cut_documents(optimizer, documents(), QUERY)
    assert FACT in (left[4] or "")
    assert None in left
    assert sum(len(text or "") for text in left) < sum(len(found["text"]) for found in documents()) * 0.7
    assert not any(".md" in (text or "") for text in left)


def test_a_broken_optimizer_leaves_documents_and_messages_as_they_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(STRICT_VARIABLE, raising=False)
    monkeypatch.setattr("token_optimizer.clients.calls.optimize_body", lambda *_, **__: 1 / 0)
    optimizer = PromptOptimizer(None, {})
    messages = [{"role": "user", "content": QUERY}]
    assert optimizer.messages(messages) == messages
    assert cut_documents(optimizer, documents(), QUERY) == [found["text"] for found in documents()]


def test_a_config_that_masks_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot put masked texts back"):
        PromptOptimizer(None, {"mask_detectors": ["email"]})
