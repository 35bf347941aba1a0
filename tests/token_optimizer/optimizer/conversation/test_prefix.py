"""What was sent before stays as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, ROWS, TOOL
from token_optimizer import OptimizerConfig
from token_optimizer.models import Dialect, OptimizationResult
from token_optimizer.optimizer.conversation.keys import message_keys
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

BALANCED = OptimizerConfig.preset("balanced")


def _turns(count: int) -> Iterator[list[dict[str, Any]]]:
    """The messages of an agent's requests, each longer than the one before; results repeat now and then."""
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You are an operator."},
        {"role": "user", "content": "Find out what happened on shard 19."},
    ]
    for number in range(count):
        call = {"name": "read_log", "arguments": json.dumps({"path": f"/var/log/{number % 4}.log"})}
        result = (LOG, ROWS, f"empty file {number}", LOG[: 9000 + 100 * number])[number % 4]
        messages.append(
            {"role": "assistant", "content": "Sure.", "tool_calls": [{"id": f"c{number}", "function": call}]}
        )
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": result})
        yield list(messages)
        messages.append({"role": "assistant", "content": f"I have read {number}.\n\n\n\nWhat now?"})
        messages.append({"role": "user", "content": f"Look at the next one, number {number + 1}."})
        yield list(messages)


def _run(
    messages: list[dict[str, Any]],
    memory: InProcessMemory,
    config: OptimizerConfig = BALANCED,
    dialect: Dialect = "openai",
    secret: str = "",
    **options: Any,
) -> OptimizationResult:
    body = {"model": "gpt-4o", "messages": messages, "tools": [TOOL]}
    return optimize_body(body, dialect, config=config, ports=Ports(memory=memory, secret=secret), **options)


def test_it_works() -> None:
    memory = InProcessMemory()
    before: dict[str, Any] = {}
    for messages in _turns(5):
        result = _run(messages, memory)
        if before:
            assert result.body["messages"][: len(before["messages"])] == before["messages"]
            assert result.body["tools"] == before["tools"]
        before = result.body
    assert result.stats.tokens_after < 0.5 * result.stats.tokens_before
    assert not result.stats.compacted


def test_a_file_read_again_on_a_later_turn_refers_to_the_first_read() -> None:
    memory = InProcessMemory()
    source = "\n".join(f"    value_{number} = read_row(rows[{number}], strict=True)" for number in range(60))
    first, *_, last = _turns(3)
    first = [*first[:-1], {**first[-1], "content": source}]
    _run(first, memory)
    changed = source.replace("value_30 =", "value_x =")
    again = [*first, *last[len(first) : -1], {**last[-1], "content": f"It is this now:\n\n{changed}"}]
    sent = _run(again, memory).body["messages"]
    assert sent[len(first) - 1]["content"] == source
    assert "they stand in message 4 (tool), from “value_0 " in sent[-1]["content"]
    assert "value_x = read_row" in sent[-1]["content"]


def test_frozen_blocks_say_so_and_the_blocks_still_add_up() -> None:
    memory = InProcessMemory()
    for messages in _turns(3):
        stats = _run(messages, memory).stats
    frozen = [block for block in stats.blocks if block.frozen]
    assert len(frozen) > 6
    assert {block.stage for block in frozen if block.fate != "kept"} == {"frozen"}
    assert sum(block.tokens_before for block in stats.blocks) == stats.tokens_before
    assert sum(block.tokens_after for block in stats.blocks) == stats.tokens_after


def test_the_same_request_again_gives_the_same_bytes() -> None:
    memory = InProcessMemory()
    *_, messages = _turns(4)
    first = _run(messages, memory).body
    assert json.dumps(_run(messages, memory).body) == json.dumps(first)


def test_moved_cache_marks_do_not_thaw_the_prefix() -> None:
    marked = {
        "role": "user",
        "content": [{"type": "text", "text": LOG, "cache_control": {"type": "ephemeral"}}],
    }
    plain = {"role": "user", "content": [{"type": "text", "text": LOG}]}
    bodies = [{"messages": [marked]}, {"messages": [plain]}]
    first, second = (message_keys(body, "anthropic", b"salt") for body in bodies)
    assert first == second


@pytest.mark.parametrize("change", [{"api_key": "tok_other"}, {"keep_last_n_turns": 1}])
def test_another_key_or_config_knows_nothing(change: dict[str, Any]) -> None:
    memory = InProcessMemory()
    *_, messages = _turns(3)
    _run(messages, memory)
    stats = _run(messages, memory, OptimizerConfig.preset("balanced", **change)).stats
    assert not any(block.frozen for block in stats.blocks)


def test_another_secret_knows_nothing() -> None:
    memory = InProcessMemory()
    *_, messages = _turns(3)
    _run(messages, memory, secret="a")
    assert not any(block.frozen for block in _run(messages, memory, secret="b").stats.blocks)


def test_a_changed_early_message_thaws_all_after_it() -> None:
    memory = InProcessMemory()
    *_, messages = _turns(3)
    _run(messages, memory)
    changed = [*messages[:3], {**messages[3], "content": "the file is empty"}, *messages[4:]]
    frozen = [block for block in _run(changed, memory).stats.blocks if block.frozen]
    assert {block.turn for block in frozen} <= {-1, 0}


def test_a_hard_budget_forces_rare_compactions_that_are_reported() -> None:
    memory = InProcessMemory()
    compactions = []
    before: list[Any] = []
    for number, messages in enumerate(_turns(30)):
        result = _run(messages, memory, budget_tokens=12_000)
        assert result.stats.tokens_after <= 12_000
        if result.stats.compacted:
            compactions.append(number)
        else:
            assert result.body["messages"][: len(before)] == before
        before = result.body["messages"]
    assert len(compactions) > 1
    # Two requests are one turn here: a tool result and the answer to it.
    assert min(later - earlier for earlier, later in pairwise(compactions)) >= 10


def test_a_later_question_brings_back_what_was_cut() -> None:
    memory = InProcessMemory()
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Read the log."},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "read"}}]},
        {"role": "tool", "tool_call_id": "c", "content": LOG},
    ]
    first = _run(messages, memory).body
    assert "tick 137 " not in json.dumps(first)
    messages += [
        {"role": "assistant", "content": "It lost its lease."},
        {"role": "user", "content": "When did tick 137 finish?"},
    ]
    second = _run(messages, memory)
    assert second.body["messages"][:3] == first["messages"]
    newest = second.body["messages"][4]["content"]
    assert "scheduler tick 137 finished" in newest
    assert newest.startswith("[left out of message 3 (tool) before, asked for now:]")
    assert newest.endswith("When did tick 137 finish?")
    assert {block.stage for block in second.stats.blocks if block.fate == "added"} == {"restore"}
    messages += [{"role": "assistant", "content": "At 10:02."}, {"role": "user", "content": "Thanks."}]
    third = _run(messages, memory).body
    assert third["messages"][:5] == second.body["messages"]


def test_what_is_forgotten_is_worked_on_as_new() -> None:
    memory = InProcessMemory(max_chars=500)
    for messages in _turns(3):
        stats = _run(messages, memory).stats
    assert not any(block.frozen for block in stats.blocks)
    assert stats.tokens_saved > 0


def test_documents_leave_the_history_before_them_frozen() -> None:
    memory = InProcessMemory()
    documents = [{"title": "Note", "text": "Shard 19 moved."}]
    before: list[Any] = []
    for messages in _turns(3):
        sent = _run(messages, memory, documents=documents).body["messages"]
        history = [message for message in sent if "Shard 19 moved" not in str(message["content"])]
        assert history[: len(before)] == before
        before = history


def test_another_question_on_the_same_text_is_no_later_turn() -> None:
    """The first question decided what was cut: the second one must not inherit that."""
    memory = InProcessMemory()
    opening = [
        {"role": "system", "content": "You are an operator."},
        {"role": "user", "content": f"Keep this log in mind.\n\n{LOG}"},
        {"role": "assistant", "content": "I will."},
    ]
    for tick in (137, 411, 655):
        question = {"role": "user", "content": f"When did tick {tick} finish?"}
        result = _run([*opening, question], memory, budget_tokens=2_000)
        assert f"scheduler tick {tick} finished" in json.dumps(result.body)
        assert not any(block.frozen for block in result.stats.blocks)
    later = [
        *opening,
        question,
        {"role": "assistant", "content": "At 10:10."},
        {"role": "user", "content": "Thanks."},
    ]
    assert sum(block.frozen for block in _run(later, memory, budget_tokens=2_000).stats.blocks) > 4


@pytest.mark.parametrize(
    ("dialect", "system", "said"),
    [("anthropic", "system", "messages"), ("responses", "instructions", "input")],
)
def test_a_system_text_outside_of_the_messages_stays_as_it_was_sent(
    dialect: Dialect, system: str, said: str
) -> None:
    mills = [f"Mill {n} was built in {1800 + n} by the family of miller {n}." for n in range(200)]
    text = "Answer from these documents.\n\n<documents>\n" + "\n\n".join(mills) + "\n</documents>"
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "When was mill 17 built, and by whose family?"}
    ]
    memory, sent = InProcessMemory(), []
    for _ in range(3):
        body = {"model": "gpt-4o", system: text, said: list(messages)}
        ports = Ports(memory=memory)
        sent.append(optimize_body(body, dialect, config=BALANCED, budget_tokens=2500, ports=ports))
        messages += [{"role": "assistant", "content": "In 1817."}, {"role": "user", "content": "Thank you."}]
    # The second turn had no room left; the third has.
    assert sent[1].stats.compacted
    assert len(sent[1].body[system]) < len(text)
    assert sent[2].body[system] == sent[1].body[system]
    assert not sent[2].stats.compacted
    outside = [fate for fate in sent[2].stats.blocks if fate.type in ("system", "doc") and fate.tokens_after]
    assert all(fate.frozen for fate in outside if fate.kind != "framing")


def test_another_first_question_finds_the_same_tools_in_the_cache() -> None:
    """Tools are shortened by the first question of the first conversation that has them."""
    tools = [
        {
            "type": "function",
            "function": {
                "name": f"find_{name}",
                "description": f"Find a {name} by its number or name. Answers with its owner, age and state.",
                "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}},
            },
        }
        for name in ("ship", "harbour", "crane", "container", "lorry", "train", "depot", "customs form")
    ]

    def sent(question: str, memory: InProcessMemory) -> Any:
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
        body = {"messages": messages, "tools": tools}
        return optimize_body(body, "openai", config=BALANCED, ports=Ports(memory=memory)).body["tools"]

    memory = InProcessMemory()
    first = sent("Which ship is number 7?", memory)
    second = sent("Which train is number 9?", memory)
    assert second == first
    assert second != sent("Which train is number 9?", InProcessMemory())


def test_a_repeated_request_at_its_budget_is_no_compaction() -> None:
    memory = InProcessMemory()
    *_, messages = _turns(3)
    first, second = (_run(messages, memory, budget_tokens=6_000) for _ in range(2))
    assert second.body == first.body
    assert not second.stats.compacted


def test_a_later_turn_knows_the_markers_of_an_earlier_one() -> None:
    """The same words in the log itself are no marker: they can be asked for and brought back."""
    memory = InProcessMemory()
    first, *lines = LOG.split("\n")
    alike = [f"[… {number} lines left out] of the spare tape" for number in (11, 12, 13)]
    log = "\n".join([first, *alike, *lines])
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Read the log."},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "read"}}]},
        {"role": "tool", "tool_call_id": "c", "content": log},
    ]
    sent = _run(messages, memory).body["messages"][2]["content"]
    assert "spare tape" not in sent
    assert "lines left out" in sent
    messages += [
        {"role": "assistant", "content": "It lost its lease."},
        {"role": "user", "content": "What of the spare tape?"},
    ]
    assert "[… 12 lines left out] of the spare tape" in _run(messages, memory).body["messages"][4]["content"]
