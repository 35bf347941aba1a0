"""Prompts stuffed with material in every layout, and texts of every shape, within a hard budget."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from tests.token_optimizer.optimizer.embedded.layouts import (
    ANSWER,
    ARTICLE,
    LAYOUTS,
    QUESTION,
    ROWS,
)
from token_optimizer import OptimizerConfig
from token_optimizer.models import OptimizationResult
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports
from token_optimizer.tokens.counts import count_texts

BALANCED = OptimizerConfig.preset("balanced")
SHARE = 0.3
CHOSEN = random.Random(11)
TALKED = ["so", "we", "went", "on", "and", "then", "they", "said", "that", "road", "was", "closed", "again"]
NUMBERED = list(range(150))


def _words(count: int) -> str:
    return " ".join(CHOSEN.choices(TALKED, k=count))


def _within(parts: Sequence[str], needle: str) -> list[str]:
    return [*parts[:90], needle, *parts[90:]]


NEEDLES = {
    "page": "<p>The Heron pump has a warranty of 31 months.</p>",
    "code": "function maxRetries(){return 23}",
    "rows": "(777,'Ida Quell','Tromso','1931')",
    "table": "| Ida Quell | Tromso | 1931 |",
    "calendar": "SUMMARY:Survey of the hull",
    "Chinese": "仓库的钥匙在红色盒子里",
    "Japanese": "金庫の番号は青鷺四十です",
    "Thai": "รหัสของห้องนิรภัยคือนกกระสา",
}
CHINESE = CHOSEN.choices(["天气很冷", "我们走了很远", "河水结了冰", "晚上住在村里"], k=300)
JAPANESE = CHOSEN.choices(["寒い日だった", "川は凍っていた", "村に泊まった", "道は遠かった"], k=300)
THAI = [f"วันที่ {n} เราเดินไปตามแม่น้ำและพักที่หมู่บ้าน" for n in NUMBERED]
ROWS_OF_SQL = [f"({n},'Lee {n}','Bergen','19{n % 90 + 10}')" for n in NUMBERED]
FUNCTIONS = [f"function g{n}(a){{return a*{n}+h{n}(a)}}" for n in NUMBERED]
PARAGRAPHS_OF_HTML = [f"<p>{_words(12)}</p>" for _ in NUMBERED]
# A text without sentences, what it hides, and a question about that.
SHAPES: dict[str, tuple[str, str, str]] = {
    "a transcript without a full stop": (
        f"{_words(1500)} the code of the vault is heron forty {_words(900)}",
        "the code of the vault is heron forty",
        "What is the code of the vault?",
    ),
    "a page on one line": (
        f"<main>{''.join(_within(PARAGRAPHS_OF_HTML, NEEDLES['page']))}</main>",
        "The Heron pump has a warranty of 31 months.",
        "How long is the warranty of the Heron pump?",
    ),
    "minified code": (
        "".join(_within(FUNCTIONS, NEEDLES["code"])),
        NEEDLES["code"],
        "What does maxRetries return?",
    ),
    "an insert of many rows": (
        f"INSERT INTO crew VALUES {','.join(_within(ROWS_OF_SQL, NEEDLES['rows']))};",
        NEEDLES["rows"],
        "Where does Ida Quell live?",
    ),
    "a table": (
        "| crew | town | born |\n|---|---|---|\n"
        + "\n".join(_within([f"| Lee {n} | Bergen | {n + 1800} |" for n in NUMBERED], NEEDLES["table"])),
        NEEDLES["table"],
        "Where does Ida Quell live?",
    ),
    "a calendar": (
        "\n".join(
            _within(
                [f"BEGIN:EVENT\nAT:{n}\nSUMMARY:Watch {n}\nEND:EVENT" for n in NUMBERED], NEEDLES["calendar"]
            )
        ),
        NEEDLES["calendar"],
        "When is the survey of the hull?",
    ),
    "Chinese": ("，".join(_within(CHINESE, NEEDLES["Chinese"])), NEEDLES["Chinese"], "仓库的钥匙在哪里？"),
    "Japanese": ("、".join(_within(JAPANESE, NEEDLES["Japanese"])), NEEDLES["Japanese"], "金庫の番号は？"),
    "Thai": (" ".join(_within(THAI, NEEDLES["Thai"])), NEEDLES["Thai"], "รหัสของห้องนิรภัยคืออะไร"),
}


def _sent(messages: list[dict[str, Any]], share: float = SHARE) -> tuple[OptimizationResult, int]:
    """The messages within a share of their size, and that size; nothing is told apart for the optimizer."""
    whole = optimize_body({"messages": messages}, "openai", config=BALANCED).stats.tokens_before
    budget = int(share * whole)
    result = optimize_body({"messages": messages}, "openai", config=BALANCED, budget_tokens=budget)
    return result, budget


def _user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def _tool(text: str, question: str) -> list[dict[str, Any]]:
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    return [
        *_user(question),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": text},
    ]


@pytest.mark.parametrize("name", [name for name, (text, _) in LAYOUTS.items() if QUESTION in text])
def test_a_stuffed_prompt_fits_and_keeps_the_answer(name: str) -> None:
    text = LAYOUTS[name][0]
    result, budget = _sent(_user(text))
    sent = result.body["messages"][0]["content"]
    assert result.stats.tokens_after <= budget
    assert ANSWER in sent.replace('\\"', '"')
    assert [words for words in LAYOUTS[name][1] if words not in sent] == []


@pytest.mark.parametrize("place", ["before", "behind", "tool", "JSON"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_text_has_units_that_can_be_cut(shape: str, place: str) -> None:
    text, needle, question = SHAPES[shape]
    messages = {
        "before": _user(f"{question}\n\n{text}"),
        "behind": _user(f"{text}\n\n{question}"),
        "tool": _tool(text, question),
        "JSON": _tool(json.dumps({"status": "ok", "text": text}), question),
    }[place]
    result, budget = _sent(messages)
    sent = result.body["messages"][-1]["content"]
    assert result.stats.tokens_after <= budget
    if place == "JSON":
        answer = json.loads(sent)
        assert answer["status"] == "ok"
        sent = answer["text"]
    assert needle in sent
    assert "left out]" in sent


def test_material_in_a_system_text_is_cut_and_its_rules_stay() -> None:
    rules = "Answer in one line. Never guess."
    system = f"You speak for the baths.\n\n<knowledge>\n{ARTICLE}\n</knowledge>\n\n{rules}"
    result, budget = _sent([{"role": "system", "content": system}, *_user(QUESTION)])
    sent = result.body["messages"][0]["content"]
    assert result.stats.tokens_after <= budget
    assert sent.startswith("You speak for the baths.\n\n<knowledge>\n")
    assert sent.endswith(f"</knowledge>\n\n{rules}")
    assert ANSWER in sent


def test_material_in_a_system_text_outside_of_the_messages_is_cut_too() -> None:
    system = f"You speak for the baths. Use the following text to answer.\n\n{ARTICLE}"
    body = {"system": system, "messages": _user(QUESTION)}
    whole = optimize_body(body, "anthropic", config=BALANCED).stats.tokens_before
    result = optimize_body(body, "anthropic", config=BALANCED, budget_tokens=int(SHARE * whole))
    assert result.stats.tokens_after <= SHARE * whole
    assert result.body["system"].startswith("You speak for the baths. Use the following text to answer.")
    assert ANSWER in result.body["system"]


def test_material_of_an_earlier_message_is_cut_by_the_question_of_the_newest() -> None:
    messages = [
        *_user(f"I will ask you about this text, so read it first.\n\n{ARTICLE}"),
        {"role": "assistant", "content": "I have read it."},
        *_user(QUESTION),
    ]
    result, budget = _sent(messages)
    assert result.stats.tokens_after <= budget
    assert ANSWER in result.body["messages"][0]["content"]
    assert result.body["messages"][0]["content"].startswith(
        "I will ask you about this text, so read it first."
    )


def test_what_is_left_of_json_is_json() -> None:
    result, _ = _sent(_tool(json.dumps({"hits": ROWS, "total": len(ROWS)}), QUESTION))
    left = json.loads(result.body["messages"][-1]["content"])
    assert left["total"] == len(ROWS)
    assert any(isinstance(hit, dict) and ANSWER in hit["body"] for hit in left["hits"])
    assert any(isinstance(hit, str) and hit.startswith("[…") for hit in left["hits"])


def test_what_was_cut_stays_cut_alike_on_the_next_turn() -> None:
    memory = InProcessMemory()
    text = f"{QUESTION}\n\n{json.dumps(ROWS)}"
    budget = count_texts([text], "gpt-4o")[0] // 4
    messages = _user(text)
    first = optimize_body(
        {"messages": messages}, "openai", config=BALANCED, budget_tokens=budget, ports=Ports(memory=memory)
    )
    later = [*messages, {"role": "assistant", "content": "At Redmarsh."}, *_user("And who swam there?")]
    second = optimize_body(
        {"messages": later}, "openai", config=BALANCED, budget_tokens=budget, ports=Ports(memory=memory)
    )
    assert not second.stats.compacted
    assert second.body["messages"][0] == first.body["messages"][0]
