"""What was cut before comes back for every question that asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.rule_names import rule_of
from token_optimizer.ports import Ports

LOG = "\n".join(
    f"2026-11-22 10:00:{n % 60:02} INFO scheduler tick {n} finished in {n % 7} ms" for n in range(400)
)


def test_two_questions_bring_back_passages_of_one_block(monkeypatch) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    memory, config = InProcessMemory(), OptimizerConfig.preset("balanced")
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Read the log."},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "read"}}]},
        {"role": "tool", "tool_call_id": "c", "content": LOG},
    ]
    optimize_body({"messages": messages}, "openai", config=config, ports=Ports(memory=memory))
    for asked in ("tick 137", "TICK 211"):
        messages += [
            {"role": "assistant", "content": "I look."},
            {"role": "user", "content": f"When did {asked} finish?"},
        ]
        result = optimize_body({"messages": messages}, "openai", config=config, ports=Ports(memory=memory))
        newest = result.body["messages"][-1]["content"]
        assert f"scheduler {asked.lower()} finished" in newest
    added = [block for block in result.stats.blocks if block.fate == "added"]
    assert len({block.id for block in added}) == len(added) == 2
    # The one of the turn before, too, is charged to the rule that brought it.
    assert [rule_of(block.stage, block.reason) for block in added] == ["restore", "restore"]


def test_a_question_that_goes_on_brings_back_what_it_asks_itself() -> None:
    memory, config = InProcessMemory(), OptimizerConfig.preset("balanced")
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": f"{LOG}\n\nWhen did tick 137 finish?"},
        {"role": "assistant", "content": "At 10:00:17."},
    ]
    optimize_body({"messages": messages[:1]}, "openai", config=config, ports=Ports(memory=memory))
    messages.append({"role": "user", "content": "And what about tick 211?"})
    result = optimize_body({"messages": messages}, "openai", config=config, ports=Ports(memory=memory))
    newest = result.body["messages"][-1]["content"]
    assert "tick 211 finished" in newest
    assert "tick 137 finished" not in newest


def _chat(turns: int) -> list[dict[str, Any]]:
    """A long chat; early on the assistant tells two things that nobody mentions again."""
    told = {
        3: "By the way, your sister Philippa breeds Leonberger dogs in a village near Colmar.",
        5: "The spare key of the boathouse hangs behind the barometer.",
    }
    messages: list[dict[str, Any]] = []
    for turn in range(turns):
        small_talk = f"Today we went through part {turn} of the plan, and it took us most of the afternoon."
        messages.append({"role": "user", "content": f"Part {turn} of {turns} is done."})
        messages.append({"role": "assistant", "content": told.get(turn, small_talk)})
    return messages


def _told_over_time(messages: list[dict[str, Any]], question: str, budget_tokens: int) -> Any:
    """The answer to the question as the last turn of the conversation, each turn having been sent."""
    memory, config = InProcessMemory(), OptimizerConfig.preset("balanced")
    asked = [*messages, {"role": "user", "content": question}]
    for end in range(1, len(asked) + 1, 2):
        result = optimize_body(
            {"messages": asked[:end]},
            "openai",
            config=config,
            ports=Ports(memory=memory),
            budget_tokens=budget_tokens,
        )
        assert result.stats.tokens_after <= budget_tokens
    return result


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Which dogs does my sister Philippa breed?", "breeds Leonberger dogs in a village near Colmar"),
        ("Where is the spare key of the boathouse?", "hangs behind the barometer"),
    ],
)
def test_a_turn_that_was_dropped_comes_back_when_it_is_asked_for(monkeypatch, question, told) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    result = _told_over_time(_chat(58), question, 1_200)
    assert not result.stats.compacted
    newest = result.body["messages"][-1]["content"]
    assert told in newest
    assert newest.startswith("[left out of message ")
    assert newest.endswith(question)


def test_where_there_is_no_room_for_it_the_conversation_is_compacted_around_it(monkeypatch) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    result = _told_over_time(_chat(55), "Where is the spare key of the boathouse?", 1_200)
    assert result.stats.compacted
    assert "hangs behind the barometer" in str(result.body["messages"])


def test_what_nothing_was_said_of_brings_nothing_back(monkeypatch) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    result = _told_over_time(_chat(60), "And what about the weather in Lisbon?", 1_200)
    assert result.body["messages"][-1]["content"] == "And what about the weather in Lisbon?"


def test_what_was_brought_back_once_is_not_brought_back_again(monkeypatch) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    question = "Where is the spare key of the boathouse?"
    messages = [*_chat(60), {"role": "user", "content": question}, {"role": "assistant", "content": "There."}]
    result = _told_over_time(messages, "Where did you say is the key of the boathouse?", 1_200)
    texts = [str(message["content"]) for message in result.body["messages"]]
    assert sum("hangs behind the barometer" in text for text in texts) == 1


def test_a_sentence_that_was_compressed_away_comes_back_and_only_once(monkeypatch) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    places, guests = ("harbour", "bakery", "canal", "quarry", "library"), ("Anna", "Bert", "Cleo")
    told = [
        f"The {places[n % 5]} of part {n} was painted by {guests[n % 3]} while {places[n % 4]} {n} was empty."
        for n in range(90)
    ]
    told[45] = "The old windmill of Hestvika burned down in a storm."
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": " ".join(told)},
        {"role": "user", "content": "Please write a summary."},
    ]
    config = OptimizerConfig(target_reduction=0.5, keep_last_n_turns=0, faithfulness_threshold=0.5)
    memory = InProcessMemory()
    for question in ("What became of Hestvika?", "Hestvika and Anna?", "Hestvika, the canal and Bert?"):
        result = optimize_body({"messages": messages}, "openai", config=config, ports=Ports(memory=memory))
        messages += [{"role": "assistant", "content": "I see."}, {"role": "user", "content": question}]
    sent = [message["content"] for message in result.body["messages"]]
    assert told[45] not in sent[1]
    assert told[45] in sent[4]
    assert "".join(sent).count(told[45]) == 1
    assert result.stats.tokens_after < result.stats.tokens_before


def test_what_the_user_said_stays_and_is_not_brought_back(monkeypatch) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    messages = _chat(50)
    for message in messages[::2]:
        message["content"] = "Go on."
    messages[6]["content"] = "The spare key of the mill hangs in the porch."
    result = _told_over_time(messages, "Where is the key of the mill?", 1_200)
    texts = [str(message["content"]) for message in result.body["messages"]]
    assert any("older messages left out; the user said in them:]" in text for text in texts)
    assert ["hangs in the porch" in text for text in texts].count(True) == 1
    assert "hangs in the porch" not in texts[-1]
