"""A system text with documents goes whole where another conversation began with it, and that pays."""

from __future__ import annotations

from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Dialect
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

BALANCED = OptimizerConfig.preset("balanced", max_input_tokens=None)
NAMES = ("finance", "legal", "marketing", "sales", "design", "research", "housing", "transport", "kitchen")
DOCUMENTS = "\n".join(
    f"<document><title>{name}</title>The head of {name} is Mr. {name.title()}son. It opens at {at + 7}:00. "
    + " ".join(f"The room {room} of {name} has a table and chairs for {room} people." for room in range(20))
    + "</document>"
    for at, name in enumerate(NAMES)
)
SYSTEM = f"You answer by the documents.\n\n<documents>\n{DOCUMENTS}\n</documents>"
QUESTIONS = [f"Who is the head of {name}?" for name in NAMES]


def _sent(
    memory: InProcessMemory,
    question: str,
    model: str = "claude-sonnet-4-5",
    dialect: Dialect = "anthropic",
    config: OptimizerConfig = BALANCED,
    **fields: Any,
) -> str:
    """What the system text was sent as."""
    asked = {"role": "user", "content": question}
    body: dict[str, Any] = {"model": model, "max_tokens": 9, "system": SYSTEM, "messages": [asked], **fields}
    if dialect == "openai":
        body["messages"] = [{"role": "system", "content": body.pop("system")}, asked]
    sent = optimize_body(body, dialect, config=config, ports=Ports(memory=memory)).body
    text = sent["system"] if dialect == "anthropic" else sent["messages"][0]["content"]
    return text if isinstance(text, str) else str(text[0]["text"])


@pytest.mark.parametrize(("dialect", "model"), [("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-5")])
def test_it_works(dialect: Dialect, model: str) -> None:
    memory = InProcessMemory()
    first, second, third = (_sent(memory, question, model, dialect) for question in QUESTIONS[:3])
    assert len(first) < 0.8 * len(SYSTEM)
    assert second == third == SYSTEM


def test_where_the_cache_takes_half_the_price_it_is_cut() -> None:
    memory = InProcessMemory()
    sent = [_sent(memory, question, "gpt-4o", "openai") for question in QUESTIONS[:3]]
    assert all(len(text) < 0.8 * len(SYSTEM) for text in sent)


def test_where_nothing_is_marked_it_is_cut() -> None:
    memory, off = InProcessMemory(), OptimizerConfig.preset("balanced", provider_cache="off")
    assert all(len(_sent(memory, question, config=off)) < 0.8 * len(SYSTEM) for question in QUESTIONS[:2])
    marked = [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}]
    first, second = (_sent(memory, question, config=off, system=marked) for question in QUESTIONS[:2])
    assert len(first) < 0.8 * len(SYSTEM)
    assert second == SYSTEM


def test_a_budget_comes_first() -> None:
    memory, tight = InProcessMemory(), OptimizerConfig.preset("balanced", max_input_tokens=2_500)
    assert all(len(_sent(memory, question, config=tight)) < 0.8 * len(SYSTEM) for question in QUESTIONS[:2])


def test_a_conversation_keeps_what_it_sent() -> None:
    memory = InProcessMemory()
    first = _sent(memory, QUESTIONS[0])
    _sent(memory, QUESTIONS[1])
    turns = [
        {"role": "user", "content": QUESTIONS[0]},
        {"role": "assistant", "content": "Mr. Financeson."},
        {"role": "user", "content": "And of legal?"},
    ]
    assert _sent(memory, "", messages=turns) == first
