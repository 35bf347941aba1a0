"""A turn on what the turn before read gives the very same as one that reads all of it anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from benchmarks.cases.conversations import conversation, next_turn
from token_optimizer import OptimizerConfig
from token_optimizer.errors import NotShort
from token_optimizer.models import Block, Dialect, OptimizationResult, Prompt
from token_optimizer.optimizer.attempts import Attempt, Attempts
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.optimizer.conversation.keys import conversation_salt
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.conversation.parsed_prefix import (
    PARSED_PREFIXES,
    ParsedPrefix,
    ParsedPrefixes,
)
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports
from token_optimizer.text.cache import forget_texts

BALANCED = OptimizerConfig.preset("balanced")
TOOL = {"name": "read_log", "description": "Reads a log. By its path.", "parameters": {"type": "object"}}


def _openai(turns: int) -> Iterator[dict[str, Any]]:
    messages = conversation(4_000, seed=3)
    for number in range(turns):
        yield {"messages": messages, "tools": [{"type": "function", "function": TOOL}]}
        messages = next_turn(messages, seed=number)


def _anthropic(turns: int) -> Iterator[dict[str, Any]]:
    """The same with Anthropic's calls and results, its system text apart."""
    tool = {"name": "read_log", "description": "Reads a log. By its path.", "input_schema": {}}
    for body in _openai(turns):
        messages = [_as_anthropic(message) for message in body["messages"][1:]]
        yield {"system": body["messages"][0]["content"], "messages": messages, "tools": [tool]}


def _as_anthropic(message: dict[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        result = {"tool_use_id": message["tool_call_id"], "content": message["content"]}
        return {"role": "user", "content": [{"type": "tool_result", **result}]}
    calls = [
        {"type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": {}}
        for call in message.get("tool_calls", ())
    ]
    return {
        "role": message["role"],
        "content": [{"type": "text", "text": message.get("content") or "-"}, *calls],
    }


def _marked(turns: int) -> Iterator[dict[str, Any]]:
    """The same with a cache mark on the system text, and one that moves on with each turn."""
    mark = {"cache_control": {"type": "ephemeral"}}
    for body in _anthropic(turns):
        *before, last = body["messages"]
        *parts, newest = last["content"]
        messages = [*before, {**last, "content": [*parts, {**newest, **mark}]}]
        yield {**body, "system": [{"type": "text", "text": body["system"], **mark}], "messages": messages}


def _responses(turns: int) -> Iterator[dict[str, Any]]:
    """The same as items of the Responses API."""
    for body in _openai(turns):
        items = [item for message in body["messages"] for item in _as_items(message)]
        yield {"input": items, "tools": [{"type": "function", **TOOL}], "store": False}


def _as_items(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if message["role"] == "tool":
        result = {"call_id": message["tool_call_id"], "output": message["content"]}
        yield {"type": "function_call_output", **result}
        return
    if message.get("content"):
        yield {"role": message["role"], "content": message["content"]}
    for call in message.get("tool_calls", ()):
        yield {"type": "function_call", "call_id": call["id"], **call["function"]}


def _many_tools(turns: int) -> Iterator[dict[str, Any]]:
    """The same with tools that can be shortened, one of which is forced on one turn, and fewer at the end."""
    redundant = "Reads. Max 9. Max 9 digits of the path of the log."
    tools = [
        {"type": "function", "function": {**TOOL, "name": f"read_{number}", "description": redundant}}
        for number in range(6)
    ]
    for number, body in enumerate(_openai(turns)):
        forced = {"type": "function", "function": {"name": "read_3"}} if number == 3 else "auto"
        yield {**body, "tools": tools if number < turns - 2 else tools[:4], "tool_choice": forced}


def _marked_tools(turns: int) -> Iterator[dict[str, Any]]:
    """The same with a cache mark that moves from one tool to another."""
    mark = {"cache_control": {"type": "ephemeral"}}
    for number, body in enumerate(_anthropic(turns)):
        tools = [{**body["tools"][0], "name": name} for name in ("read_log", "read_file")]
        tools[number % 2].update(mark)
        yield {**body, "tools": tools}


def _agent(turns: int) -> list[dict[str, Any]]:
    """An agent that reads files, and edits one, for the one question that it was asked."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Why does the build of `shards.py` fail?"}]
    bodies = []
    for number in range(turns):
        name = "edit_file" if number == 1 else "read_file"
        arguments = {"path": "shards.py", **({"old_str": "a", "new_str": "b"} if number == 1 else {})}
        call = {"id": f"c{number}", "type": "function"}
        call["function"] = {"name": name, "arguments": json.dumps(arguments)}  # type: ignore[assignment]
        text = "\n".join(f"shard_{number}_{line} = open_shard({line})" for line in range(400))
        messages = [
            *messages,
            {"role": "assistant", "content": f"Step {number}.", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": text},
        ]
        bodies.append({"messages": messages})
    return bodies


def _sent(
    bodies: Iterator[dict[str, Any]], dialect: Dialect, *, forgetful: bool, **options: Any
) -> list[OptimizationResult]:
    memory = InProcessMemory()
    results = []
    for body in bodies:
        if forgetful:
            forget_texts()
        ports = Ports(memory=memory, secret="ours", with_segments=True, answers_read_back=True)
        results.append(optimize_body(body, dialect, config=BALANCED, ports=ports, **options))
    return results


_CONVERSATIONS = [
    pytest.param("openai", _openai, id="chat"),
    pytest.param("anthropic", _anthropic, id="messages"),
    pytest.param("anthropic", _marked, id="marked"),
    pytest.param("responses", _responses, id="responses"),
    pytest.param("openai", _many_tools, id="tools"),
]


@pytest.mark.parametrize("budget_tokens", [None, 2_500, 1_200])
@pytest.mark.parametrize(
    ("dialect", "bodies"),
    [*_CONVERSATIONS, pytest.param("anthropic", _marked_tools, id="marked tools")],
)
def test_the_same_bytes_and_the_same_trace(dialect: Dialect, bodies: Any, budget_tokens: int | None) -> None:
    held = _sent(bodies(14), dialect, forgetful=False, budget_tokens=budget_tokens)
    anew = _sent(bodies(14), dialect, forgetful=True, budget_tokens=budget_tokens)
    assert [result.body for result in held] == [result.body for result in anew]
    assert [result.stats.blocks for result in held] == [result.stats.blocks for result in anew]
    assert [result.stats.compacted for result in held] == [result.stats.compacted for result in anew]
    assert [result.stats.tokens_after for result in held] == [result.stats.tokens_after for result in anew]
    assert [result.stats.segments for result in held] == [result.stats.segments for result in anew]
    assert all(result.stats.segments for result in held)


SYSTEM = {"role": "system", "content": "You keep a service running."}
_LOG = "\n".join(f"2026-03-01T10:00:{second:02d}Z INFO shard tick {second}" for second in range(60))
_GO_ON = [{"role": "user", "content": "Go on."}]
_QUESTIONS = (
    "Which shard lost its lease?",
    "What is the path of log 3? Answer exactly.",
    "Go on.",
    "What is wrong here?\n\n"
    + "\n".join(f"2026-03-01T10:00:{second:02d}Z INFO tick" for second in range(60)),
)


def _asked_alike(bodies: Iterator[dict[str, Any]], key: str = "messages") -> Iterator[dict[str, Any]]:
    """Several questions on each turn, in turns, and a next turn of the last one."""
    for body in bodies:
        told = [*body[key], {"role": "assistant", "content": "I see."}]
        for question in _QUESTIONS:
            asked = [*told, {"role": "user", "content": question}]
            yield {**body, key: asked}
        yield {**body, key: [*asked, {"role": "assistant", "content": "It did."}, *_GO_ON]}


@pytest.mark.parametrize("budget_tokens", [None, 2_500, 1_200])
@pytest.mark.parametrize(
    ("dialect", "bodies"),
    _CONVERSATIONS,
)
def test_other_questions_give_the_same_bytes_and_the_same_trace(
    dialect: Dialect, bodies: Any, budget_tokens: int | None
) -> None:
    key = "input" if dialect == "responses" else "messages"
    held, anew = (
        _sent(_asked_alike(bodies(4), key), dialect, forgetful=forgetful, budget_tokens=budget_tokens)
        for forgetful in (False, True)
    )
    assert [result.body for result in held] == [result.body for result in anew]
    assert [result.stats.blocks for result in held] == [result.stats.blocks for result in anew]
    assert [result.stats.segments for result in held] == [result.stats.segments for result in anew]


def _history(memory: InProcessMemory, body: dict[str, Any], **options: Any) -> ConversationHistory:
    salt = conversation_salt(BALANCED, None, "gpt-4o", "")
    return ConversationHistory.find(memory, body, "openai", salt, "", **options)


def _asked(*contents: str) -> list[dict[str, Any]]:
    """Prompts that ask so, each behind the same messages."""
    told = next(_openai(1))
    messages = [*told["messages"], {"role": "assistant", "content": "I see."}]
    return [{**told, "messages": [*messages, {"role": "user", "content": each}]} for each in contents]


def test_another_question_finds_what_stands_before_it() -> None:
    memory = InProcessMemory()
    first, second = _asked("Which shard lost its lease?", "Why?")
    assert not _history(memory, first).beginning.count
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    history = _history(memory, second)
    assert history.beginning.count == len(first["messages"]) - 1
    assert len(history.beginning.tools.came) == len(first["tools"])
    assert not history.known
    assert _history(memory, second, max_new_bytes=10, may_branch=True).beginning.count
    with pytest.raises(NotShort):
        _history(memory, second, max_new_bytes=10)
    # The conversation goes on, and another one may still begin there.
    after = {**first, "messages": [*first["messages"], {"role": "assistant", "content": "5."}, *_GO_ON]}
    optimize_body(after, "openai", config=BALANCED, ports=Ports(memory=memory))
    assert _history(memory, second).beginning.count == len(first["messages"]) - 1


@pytest.mark.parametrize(
    "newest",
    [
        {"role": "assistant", "content": "The answer is"},
        {"role": "tool", "tool_call_id": "c1", "content": "5"},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "5"}]},
    ],
    ids=["an answer that goes on", "a result", "a result of Anthropic's"],
)
def test_what_asks_nothing_is_read_with_all_before_it(newest: dict[str, Any]) -> None:
    memory = InProcessMemory()
    first, second = _asked("Which shard lost its lease?", "Why?")
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    second["messages"][-1] = newest
    assert not _history(memory, second).beginning.count


def test_short_beginnings_are_read_anew() -> None:
    memory = InProcessMemory()
    first, second = ({"messages": [SYSTEM, {"role": "user", "content": text}]} for text in ("Go on.", "Why?"))
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    assert not _history(memory, second).beginning.count


def test_a_program_that_speaks_now_changes_how_all_is_read() -> None:
    memory = InProcessMemory()
    read = {"role": "user", "content": f"Look at this.\n\n{_LOG * 8}"}
    said = [read, {"role": "assistant", "content": "I look at it.\n\nAction Input: ls"}]
    first, second = (
        {"messages": [*said, {"role": "user", "content": text}]} for text in ("Go on.", "Observation: a")
    )
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    assert _history(memory, first).beginning.count
    assert not _history(memory, second).beginning.count


def _chat(questions: int) -> list[dict[str, Any]]:
    """The messages of a chat that ends with its newest question."""
    said: list[dict[str, Any]] = [SYSTEM]
    for number in range(questions):
        said += [
            {"role": "user", "content": f"What does shard {number} do?\n\n{_LOG}"},
            {"role": "assistant", "content": f"Shard {number} holds the reads."},
        ]
    return said[:-1]


def test_a_question_that_is_edited_goes_on_from_the_turn_before() -> None:
    memory = InProcessMemory()
    turns = [{"messages": _chat(number)} for number in (1, 2, 3)]
    for body in turns:
        optimize_body(body, "openai", config=BALANCED, ports=Ports(memory=memory))
    for question in ("Why does it?", "Since when?"):
        edited = {"messages": [*turns[2]["messages"][:-1], {"role": "user", "content": question}]}
        history = _history(memory, edited)
        assert len(history.prefix.sent) == len(turns[1]["messages"])
        held = optimize_body(edited, "openai", config=BALANCED, ports=Ports(memory=memory))
    # Only the newest question's place is held so.
    assert not _history(memory, {"messages": [*turns[1]["messages"][:-1], *_GO_ON]}).prefix.sent
    forgotten = InProcessMemory()
    forget_texts()
    for body in turns:
        optimize_body(body, "openai", config=BALANCED, ports=Ports(memory=forgotten))
    forget_texts()
    anew = optimize_body(edited, "openai", config=BALANCED, ports=Ports(memory=forgotten))
    assert (held.body, held.stats.blocks) == (anew.body, anew.stats.blocks)


def test_what_an_agent_goes_on_from_is_held_once() -> None:
    memory = InProcessMemory()
    bodies = _agent(3)
    for body in bodies:
        optimize_body(body, "openai", config=BALANCED, ports=Ports(memory=memory))
    *before, last = bodies[-1]["messages"]
    edited = {"messages": [*before, {**last, "content": "Nothing."}]}
    assert not _history(memory, edited).prefix.sent
    after = {"messages": [*before, last, {"role": "assistant", "content": "It is the path."}, *_GO_ON]}
    assert len(_history(memory, after).prefix.sent) == len(before) + 1


def test_the_next_turn_finds_what_the_last_one_read() -> None:
    memory = InProcessMemory()
    first, second = _openai(2)
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    salt = conversation_salt(BALANCED, None, "gpt-4o", "")
    history = ConversationHistory.find(memory, second, "openai", salt, None)
    assert len(history.prefix.sent) == len(first["messages"])
    assert len(history.prefix.tools.came) == len(first["tools"])
    other = ConversationHistory.find(
        memory, second, "openai", conversation_salt(BALANCED, None, "gpt-4o", "x"), None
    )
    assert not other.prefix.sent


def test_what_an_agent_works_on_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question stays protected, and results after an edit stay exact, as where all is read anew."""
    seen: list[tuple[Prompt, Prompt]] = []
    best = Attempts.best

    def watched(attempts: Attempts) -> Attempt:
        parsed = attempts.history.prefix.parsed(frozenset())
        assert parsed.count == max(0, len(attempts.original.body["messages"]) - 2) or not seen
        count, body = attempts.context.count, attempts.original.body
        held = canonicalize(body, "openai", parsed=parsed, count=count)
        seen.append((held, canonicalize(body, "openai", count=count)))
        return best(attempts)

    monkeypatch.setattr(Attempts, "best", watched)
    _sent(iter(_agent(4)), "openai", forgetful=False)
    held, anew = seen[-1]
    assert held.blocks[0].must_keep
    assert held.blocks[-2].exact
    assert [block for block in held.blocks if block.message > 2] == [
        block for block in anew.blocks if block.message > 2
    ]
    assert (held.unprotected, held.reading.edits_files) == (anew.unprotected, True)


def test_what_the_memory_has_otherwise_is_read_anew() -> None:
    """Another process may have compacted the conversation since."""
    memory = InProcessMemory()
    first, second = _openai(2)
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    salt = conversation_salt(BALANCED, None, "gpt-4o", "")
    history = ConversationHistory.find(memory, second, "openai", salt, None)
    memory.set_many({history.keys[len(history.known) - 1]: history.known[0]})
    assert not ConversationHistory.find(memory, second, "openai", salt, None).prefix.sent


def test_prompts_that_come_once_take_no_room_from_conversations_that_go_on() -> None:
    held = ParsedPrefixes(first_turns_chars=10, later_turns_chars=10)
    held.put("second turn", ParsedPrefix(goes_on=True, chars=10))
    for number in range(5):
        held.put(f"first turn {number}", ParsedPrefix(chars=5))
    first = [held.get(f"first turn {number}") is not None for number in range(5)]
    assert first == [False, False, False, True, True]
    assert held.get("second turn") is not None
    held.put("another second turn", ParsedPrefix(goes_on=True, chars=10))
    assert held.get("second turn") is None


def test_a_conversation_goes_on_from_its_second_turn() -> None:
    memory = InProcessMemory()
    for number, body in enumerate(_openai(3)):
        optimize_body(body, "openai", config=BALANCED, ports=Ports(memory=memory))
        salt = conversation_salt(BALANCED, None, "gpt-4o", "")
        history = ConversationHistory.find(memory, body, "openai", salt, None)
        held = PARSED_PREFIXES.get(history.keys[-1])
        assert held is not None
        assert held.goes_on == (number > 0)


def test_documents_are_read_anew_on_every_turn() -> None:
    memory = InProcessMemory()
    first, second = _openai(2)
    documents = [{"title": "Shards", "text": "Shard 5 is in Oslo."}]
    optimize_body(first, "openai", config=BALANCED, ports=Ports(memory=memory))
    result = optimize_body(second, "openai", config=BALANCED, ports=Ports(memory=memory), documents=documents)
    forget_texts()
    assert PARSED_PREFIXES.get("any") is None
    again = optimize_body(second, "openai", config=BALANCED, ports=Ports(memory=memory), documents=documents)
    assert result.body == again.body
    assert any("Oslo" in str(message["content"]) for message in result.body["messages"])


def test_neither_memory_nor_compaction_changes_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are held from turn to turn, and a compaction works on them as they came."""
    seen: list[tuple[Block, Block]] = []
    best = Attempts.best

    def watched(attempts: Attempts) -> Attempt:
        held = (*attempts.original.blocks, *attempts.history.prefix.frozen.sent)
        seen.extend((block, deepcopy(block)) for block in held)
        return best(attempts)

    monkeypatch.setattr(Attempts, "best", watched)
    results = _sent(_openai(14), "openai", forgetful=False, budget_tokens=1_200)
    assert any(result.stats.compacted for result in results)
    assert all(block == before for block, before in seen)
