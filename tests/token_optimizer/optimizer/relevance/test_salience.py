"""How likely the names of a prompt are needed next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from token_optimizer.models import Prompt
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.relevance.salience import NOTHING_BEFORE, NamesBefore, fixed_facts, salient

NOWHERE = np.array([], np.int64)
NAMES = ("a_name", "b_name", "c_name", "said_name", "printed_name", "old_name", "task_file", "4711", "4712")


def _run(*messages: tuple[str, str]) -> Prompt:
    """An agent's run with these messages by role."""
    calls = {"id": "c", "type": "function", "function": {"name": "run", "arguments": "{}"}}
    talk: list[dict[str, Any]] = [{"role": "user", "content": "Go on with task_file."}]
    for role, text in messages:
        is_call = role == "assistant"
        talk.append({"role": role, "content": text} | ({"tool_calls": [calls]} if is_call else {}))
        talk[-1] |= {} if is_call else {"tool_call_id": "c"}
    return canonicalize({"messages": talk}, "openai")


def _weights(*messages: tuple[str, str]) -> dict[str, float]:
    """The weight of each name in such a run."""
    return _factors(_run(*messages))


def _factors(prompt: Prompt, before: NamesBefore = NOTHING_BEFORE) -> dict[str, float]:
    """The factor of each of the names, where nothing may be cut."""
    factors = salient(prompt, [f"name {name}" for name in NAMES], NOWHERE, NOWHERE, before)
    return dict(zip(NAMES, factors.tolist(), strict=True))


def test_what_the_agent_said_matters_more_than_what_was_printed() -> None:
    weights = _weights(("assistant", "Look at said_name."), ("tool", "printed_name"), ("assistant", "So."))
    assert weights["said_name"] > 2 * weights["printed_name"]


def test_what_the_agent_said_often_matters_more_than_what_was_printed_often() -> None:
    said = _weights(*[("assistant", "Look at a_name."), ("tool", "b_name")] * 4)
    assert said["a_name"] > 2 * said["b_name"]
    assert said["a_name"] > _weights(("assistant", "Look at a_name."), ("tool", "b_name"))["a_name"]


def test_an_old_name_matters_less_but_not_that_of_the_task() -> None:
    weights = _weights(("assistant", "See old_name."), *[("tool", "x"), ("assistant", "So.")] * 8)
    assert weights["old_name"] < weights["task_file"]


def test_numbers_that_were_only_printed_hardly_matter() -> None:
    weights = _weights(("assistant", "See 4711."), ("tool", "4712 and a_name"), ("assistant", "So."))
    assert weights["4712"] < 0.5 * weights["a_name"]
    assert weights["4711"] > weights["a_name"]


def test_names_weigh_the_same_where_what_stands_before_was_read_in_steps() -> None:
    prompt = _run(*[("assistant", "See a_name."), ("tool", "a_name, b_name, c_name")] * 3, ("tool", "b_name"))
    before = NamesBefore()
    for at in (2, 5, len(prompt.blocks) - 2):
        before.read_to(prompt, at)
    assert _factors(prompt, before) == _factors(prompt)
    must_keep = replace(prompt, blocks=tuple(block.but(must_keep=True) for block in prompt.blocks))
    before = NamesBefore()
    before.read_to(must_keep, 4)
    assert fixed_facts(must_keep, {4}, before) == fixed_facts(must_keep, {4})
