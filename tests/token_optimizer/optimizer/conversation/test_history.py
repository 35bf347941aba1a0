"""Which conversation a request belongs to."""

from __future__ import annotations

from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

CONFIG = OptimizerConfig.preset("balanced")


def turn(memory: InProcessMemory | None, trace_id: str, *texts: str) -> str:
    """The conversation of a request with these messages, of user and assistant in turns."""
    messages: list[dict[str, Any]] = [
        {"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)
    ]
    ports = Ports(memory=memory, trace_id=trace_id)
    body = {"model": "gpt-4o", "messages": messages}
    return optimize_body(body, "openai", config=CONFIG, ports=ports).stats.conversation


def test_later_turns_belong_to_the_trace_that_began_it() -> None:
    memory = InProcessMemory()
    assert turn(memory, "first", "Hello.") == "first"
    assert turn(memory, "second", "Hello.", "Hi!", "And now?") == "first"
    assert turn(memory, "third", "Hello.", "Hi!", "And now?", "Then.", "What else?") == "first"


def test_the_same_request_again_belongs_to_it_too() -> None:
    memory = InProcessMemory()
    turn(memory, "first", "Hello.")
    assert turn(memory, "again", "Hello.") == "first"


def test_another_opening_is_another_conversation() -> None:
    memory = InProcessMemory()
    turn(memory, "first", "Hello.")
    assert turn(memory, "second", "Good morning.", "Hi!", "And now?") == "second"


def test_without_a_memory_none_is_followed() -> None:
    assert turn(None, "first", "Hello.") == ""
