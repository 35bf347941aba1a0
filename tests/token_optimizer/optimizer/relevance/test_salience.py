"""How likely the names of a prompt are needed next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from token_optimizer.models import Passage, Prompt
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.relevance.salience import NamesBefore, fixed_facts, salient

NO_PASSAGES: dict[int, list[Passage]] = {}


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
    weights = salient(_run(*messages), NO_PASSAGES)
    return {fact.removeprefix("name "): weight for fact, weight in weights.items()}


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
    weights = salient(prompt, NO_PASSAGES)
    assert salient(prompt, NO_PASSAGES, before) == {"name b_name": weights["name b_name"]}
    must_keep = replace(prompt, blocks=tuple(block.but(must_keep=True) for block in prompt.blocks))
    before = NamesBefore()
    before.read_to(must_keep, 4)
    assert fixed_facts(must_keep, {4}, before) == fixed_facts(must_keep, {4})
