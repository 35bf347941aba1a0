"""Blocks back into request bodies."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body, responses_body
from token_optimizer.models import Kind
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.formats.rendering import render

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic"), (responses_body(), "responses")]


@pytest.mark.parametrize(("body", "dialect"), BODIES)
def test_it_works(body: dict[str, Any], dialect: Any) -> None:
    prompt = canonicalize(body, dialect)
    assert render(prompt, prompt) == (body, False, frozenset())


@pytest.mark.parametrize(("body", "dialect"), BODIES)
def test_rewriting_every_text_changes_texts_alone_and_not_the_input(
    body: dict[str, Any], dialect: Any
) -> None:
    before = copy.deepcopy(body)
    prompt = canonicalize(body, dialect)
    shouted = [
        replace(block, content=block.content.upper()) if block.kind is not Kind.SCHEMA else block
        for block in prompt.blocks
    ]
    rendered, changed, _ = render(replace(prompt, blocks=tuple(shouted)), prompt)
    assert changed
    assert body == before
    assert _lowered(rendered) == _lowered(before)


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lowered(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_lowered(item) for item in value]
    return value.lower() if isinstance(value, str) else value


def test_an_emptied_message_goes_and_an_emptied_part_too() -> None:
    body = {
        "messages": [
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Three"}, {"type": "text", "text": "Four"}],
            },
        ]
    }
    prompt = canonicalize(body, "openai")
    left = [block for block in prompt.blocks if block.content not in ("Two", "Three")]
    rendered, _, _ = render(replace(prompt, blocks=tuple(left)), prompt)
    assert rendered["messages"] == [
        {"role": "user", "content": "One"},
        {"role": "user", "content": [{"type": "text", "text": "Four"}]},
    ]


def test_dropping_the_last_tool_takes_the_tool_choice_along() -> None:
    body = openai_body() | {"tool_choice": "auto", "parallel_tool_calls": True}
    prompt = canonicalize(body, "openai")
    left = [block for block in prompt.blocks if block.kind is not Kind.SCHEMA]
    rendered, _, _ = render(replace(prompt, blocks=tuple(left)), prompt)
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & rendered.keys()


def test_an_answer_of_which_only_reasoning_is_left_goes_whole() -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    messages = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": [thinking, {"type": "text", "text": "Sure."}]},
        {"role": "user", "content": "Two"},
    ]
    assert _without("Sure.", {"messages": messages}, "anthropic")["messages"] == [messages[0], messages[2]]
    items = [messages[0], {"type": "reasoning", "id": "rs_1", "summary": []}]
    items += [{"role": "assistant", "content": "Sure."}, messages[2]]
    assert _without("Sure.", {"input": items}, "responses")["input"] == [messages[0], messages[2]]


def _without(text: str, body: dict[str, Any], dialect: Any) -> dict[str, Any]:
    prompt = canonicalize(body, dialect)
    left = tuple(block for block in prompt.blocks if block.content != text)
    return render(replace(prompt, blocks=left), prompt)[0]
