"""Which version serves: the same one on every turn of a conversation."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from gateway.callers.configs import NamedConfig, SharedVersion
from gateway.requests.sides import conversation_identity, version_for
from token_optimizer.config import OptimizerConfig

KEY = uuid.UUID(int=7)
FIRST = {"role": "user", "content": "Why does the build fail?"}
LATER = [{"role": "assistant", "content": "Show me the log."}, {"role": "user", "content": "Here it is."}]


def shared(percent: int, *, by_conversation: bool = True) -> NamedConfig:
    candidate = NamedConfig("agents", 2, OptimizerConfig())
    share = SharedVersion(candidate, "seed", percent, by_conversation)
    return NamedConfig("agents", 1, OptimizerConfig(), share=share)


def version(named: NamedConfig, text: str, key: uuid.UUID = KEY) -> int | None:
    body = {"messages": [{"role": "user", "content": text}]}
    return version_for(named, key, "openai", body).version


def test_without_a_share_the_live_version_serves() -> None:
    assert version(NamedConfig("agents", 1, OptimizerConfig()), "Hello") == 1


def test_about_so_many_conversations_meet_the_new_version() -> None:
    named = shared(30)
    found = [version(named, f"Question {number}") for number in range(1_000)]
    assert 250 < found.count(2) < 350


def test_by_keys_all_conversations_of_a_key_are_on_one_side() -> None:
    named = shared(50, by_conversation=False)
    keys = [uuid.UUID(int=number) for number in range(40)]
    sides = {key: {version(named, f"Question {number}", key) for number in range(5)} for key in keys}
    assert {len(side) for side in sides.values()} == {1}
    assert set.union(*sides.values()) == {1, 2}


@pytest.mark.parametrize(
    ("dialect", "first", "later"),
    [
        ("openai", {"messages": [FIRST]}, {"messages": [FIRST, *LATER]}),
        (
            "openai",
            {"messages": [{"role": "system", "content": "Monday"}, FIRST]},
            {"messages": [{"role": "system", "content": "Tuesday"}, FIRST, *LATER]},
        ),
        (
            "anthropic",
            {"messages": [FIRST], "system": "Monday"},
            {
                "system": "Tuesday",
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "text",
                                "text": FIRST["content"],
                                "cache_control": {"type": "ephemeral"},
                            }
                        ],
                    },
                    *LATER,
                ],
            },
        ),
        (
            "responses",
            {"input": "Why?", "store": False},
            {"input": [{"role": "user", "content": "Why?"}], "store": False},
        ),
        ("responses", {"input": "Why?"}, {"input": "Go on", "previous_response_id": "resp_1"}),
        (
            "responses",
            {"input": "Why?", "conversation": "c1"},
            {"input": "Go on", "conversation": {"id": "c1"}},
        ),
        (
            "openai",
            {"messages": [FIRST], "prompt_cache_key": "k"},
            {"messages": LATER, "prompt_cache_key": "k"},
        ),
    ],
)
def test_a_conversation_keeps_its_identity(dialect: Any, first: Any, later: Any) -> None:
    assert conversation_identity(dialect, first) == conversation_identity(dialect, later)


def test_other_openings_are_other_conversations() -> None:
    bodies = [{"messages": [{"role": "user", "content": text}]} for text in ("One", "Two")]
    assert len({conversation_identity("openai", body) for body in bodies}) == 2


@pytest.mark.parametrize("body", [{}, {"messages": "no list"}, {"messages": [1]}, {"messages": []}])
def test_a_body_without_messages_has_no_identity(body: Any) -> None:
    assert conversation_identity("openai", body) == ""
