"""Tools that are left to be read back: which, what stays of them, and that the whole can be read."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.dialects.json_text import compact_json
from token_optimizer.errors import ConfigError
from token_optimizer.models import Dialect, OptimizationResult
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.reading_back.originals import reader_of
from token_optimizer.optimizer.tools.need.deferral import MAX_TOOLS
from token_optimizer.optimizer.tools.need.relevance import ToolRelevance
from token_optimizer.ports import Ports

BALANCED = OptimizerConfig.preset("balanced")
SYSTEM = {"role": "system", "content": "You run a harbour office."}
QUESTION = {"role": "user", "content": "Which berth is free for the ferry tonight?"}
_HANDLE = re.compile(r"\[… \d+ descriptions? shortened #(\d{6})\]")


def _tool(name: str, description: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": schema},
    }


def _ledger(number: int, more: str = "") -> dict[str, Any]:
    return _tool(
        f"post_ledger_{number}",
        f"Posts an entry to book {number}. MUST be confirmed before. Never post on a Sunday.{more}",
        account={"type": "string", "pattern": "^[0-9]{4}$", "description": "Four digits, such as '4711'."},
        side={"type": "string", "enum": ["debit", "credit"], "description": "Use debit for what comes in."},
        lines={
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"cents": {"type": "integer", "description": "Never negative."}},
                "required": ["cents"],
            },
        },
    )


BERTHS = _tool(
    "find_berth",
    "Finds a free berth for a ferry. Only call it once for each ship.",
    ship={"type": "string", "description": "As painted on the hull, such as 'Aurora'."},
)
TOOLS = [BERTHS, *map(_ledger, range(MAX_TOOLS))]


def _body(tools: list[dict[str, Any]] = TOOLS, *later: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [SYSTEM, QUESTION, *later], "tools": tools, **fields}


def _run(
    body: dict[str, Any],
    config: OptimizerConfig = BALANCED,
    memory: InProcessMemory | None = None,
    answers: bool = True,
    **options: Any,
) -> OptimizationResult:
    ports = Ports(memory=memory, answers_read_back=answers)
    return optimize_body(body, "openai", config=config, ports=ports, **options)


def _deferred(result: OptimizationResult) -> list[str]:
    functions = [tool["function"] for tool in result.body["tools"] if "function" in tool]
    return [one["name"] for one in functions if _HANDLE.search(one.get("description", ""))]


def test_it_works() -> None:
    result = _run(_body())
    berths, ledger, *_, read_back = result.body["tools"]
    assert berths == BERTHS
    assert read_back["function"]["name"] == "read_back"
    assert len(_deferred(result)) == MAX_TOOLS
    description = ledger["function"]["description"]
    assert description.startswith("Posts an entry to book 0. [… 4 descriptions shortened #")
    assert "description" not in json.dumps(ledger["function"]["parameters"])
    [handle] = _HANDLE.findall(description)
    read = reader_of(result, _body(), "openai").read(handle)
    assert (read.found, read.stage, read.text) == (True, "tools", compact_json(TOOLS[1]))


def test_the_trace_says_which_tools_are_left_to_be_read_back() -> None:
    fates = [fate for fate in _run(_body()).stats.blocks if fate.kind == "schema"]
    reason = "tool schema shortened: unlikely to be needed, left to be read back"
    assert [fate.reason for fate in fates if fate.stage == "tools"] == [reason] * MAX_TOOLS


@pytest.mark.parametrize(
    "call",
    [
        {"account": "4711", "side": "debit", "lines": [{"cents": 5}]},
        {"account": "4711"},
        {"account": "47"},
        {"side": "debit"},
        {"account": "4711", "side": "left"},
        {"account": "4711", "lines": []},
        {"account": "4711", "lines": [{}]},
    ],
)
def test_the_same_calls_are_valid(call: dict[str, Any]) -> None:
    after = _run(_body()).body["tools"][1]["function"]["parameters"]
    before = TOOLS[1]["function"]["parameters"]
    valid = jsonschema.Draft202012Validator(after).is_valid(call)
    assert valid == jsonschema.Draft202012Validator(before).is_valid(call)


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
def test_every_dialect_keeps_its_shape(dialect: Dialect) -> None:
    tools = [_in_dialect(tool, dialect) for tool in TOOLS]
    body = {"model": "gpt-4o", conversation_key(dialect): [QUESTION], "tools": tools, "store": False}
    result = optimize_body(body, dialect, config=BALANCED, ports=Ports(answers_read_back=True))
    sent = result.body["tools"][1]
    definition = sent.get("function", sent)
    assert sent.keys() == tools[1].keys()
    [handle] = _HANDLE.findall(definition["description"])
    assert reader_of(result, body, dialect).read(handle).text == compact_json(tools[1])


def _in_dialect(tool: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    function = tool["function"]
    if dialect == "anthropic":
        return {
            "name": function["name"],
            "description": function["description"],
            "input_schema": function["parameters"],
        }
    return tool if dialect == "openai" else {"type": "function", **function}


def test_few_tools_are_described_unless_they_are_large() -> None:
    assert _deferred(_run(_body(TOOLS[:MAX_TOOLS]))) == []
    text = " ".join(f"Entry {number} must balance in period {number % 12}." for number in range(600))
    large = [BERTHS, *(_ledger(number, f" {text}") for number in range(3))]
    assert len(_deferred(_run(_body(large)))) == 3


@pytest.mark.parametrize(
    ("config", "answers"),
    [
        (BALANCED, False),
        (OptimizerConfig.preset("safe"), True),
        (OptimizerConfig.preset("balanced", tool_deferral="never"), True),
        (OptimizerConfig.preset("balanced", read_back="never"), True),
        (OptimizerConfig.preset("balanced", tool_descriptions="full"), True),
        (OptimizerConfig.preset("balanced", enable_tools=False), True),
    ],
)
def test_it_is_off_where_it_is_not_wanted_or_nobody_could_read(
    config: OptimizerConfig, answers: bool
) -> None:
    result = _run(_body(), config, answers=answers)
    sent = json.dumps(result.body["tools"])
    assert _deferred(result) == []
    assert sent.count("MUST be confirmed before.") == MAX_TOOLS


@pytest.mark.parametrize("question", ["Hello!", "Is the ferry in?", ""])
def test_all_tools_are_described_where_the_question_does_not_ask_clearly(question: str) -> None:
    body = _body() | {"messages": [SYSTEM, {"role": "user", "content": question}]}
    assert _deferred(_run(body)) == []


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "Use `post_ledger_7` for fees."}, QUESTION],
        [SYSTEM, {"role": "user", "content": f"{QUESTION['content']} Then post_ledger_7."}],
    ],
)
def test_a_tool_that_is_mentioned_by_name_stays_described(messages: list[dict[str, Any]]) -> None:
    deferred = _deferred(_run(_body() | {"messages": messages}))
    assert "post_ledger_7" not in deferred
    assert "post_ledger_8" in deferred


def test_a_tool_that_a_likely_one_mentions_stays_described() -> None:
    berths = _tool("find_berth", "Finds a free berth for a ferry. First call post_ledger_7.")
    deferred = _deferred(_run(_body([berths, *TOOLS[1:]])))
    assert "post_ledger_7" not in deferred
    assert len(deferred) == MAX_TOOLS - 1


def test_a_forced_tool_stays_as_it_is() -> None:
    choice = {"type": "function", "function": {"name": "post_ledger_3"}}
    result = _run(_body(tool_choice=choice))
    assert result.body["tools"][4] == TOOLS[4]
    assert len(_deferred(result)) == MAX_TOOLS - 1


def test_the_providers_own_search_of_tools_is_left_alone() -> None:
    searched = [tool | {"defer_loading": True} for tool in TOOLS[1:]]
    search = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    result = _run(_body([search, BERTHS, *searched]))
    assert result.body["tools"][:-1] == [search, BERTHS, *searched]
    assert _deferred(_run(_body([{"type": "tool_search"}, *TOOLS]))) == []


@pytest.mark.parametrize("memory", [None, InProcessMemory()])
def test_it_is_decided_once_for_a_conversation(memory: InProcessMemory | None) -> None:
    later = [
        {"role": "assistant", "content": "Berth 4 is free."},
        {"role": "user", "content": "Post the fee to book 7: confirm the entry on account 4711."},
    ]
    first, second = _run(_body(), memory=memory), _run(_body(TOOLS, *later), memory=memory)
    assert first.body["tools"] == second.body["tools"]
    [handle] = _HANDLE.findall(second.body["tools"][8]["function"]["description"])
    read = reader_of(second, _body(TOOLS, *later), "openai").read(handle)
    assert (read.stage, read.text) == ("tools", compact_json(TOOLS[8]))


def test_a_hard_budget_that_takes_more_leaves_the_handles() -> None:
    result = _run(_body(), budget_tokens=2_300)
    descriptions = [tool["function"]["description"] for tool in result.body["tools"][1:-1]]
    assert result.stats.tokens_after <= 2_300
    assert all(_HANDLE.search(description) for description in descriptions)
    assert not any("entry to book" in description for description in descriptions)


def test_a_text_with_the_character_that_holds_a_place_stays_described() -> None:
    odd = _ledger(99)
    odd["function"]["parameters"]["properties"]["side"]["enum"] = ["debit", "\ue000"]
    result = _run(_body([*TOOLS, odd]))
    assert result.body["tools"][-2] == odd


def test_unlikely_tools_need_a_question_that_fits_another_one() -> None:
    texts = [json.dumps(tool) for tool in TOOLS]
    assert ToolRelevance(texts, "a berth for the ferry").unlikely == set(range(1, len(TOOLS)))
    assert ToolRelevance(texts, "ferry").unlikely == set()
    assert ToolRelevance([], "a berth for the ferry").unlikely == set()


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ConfigError, match="tool_deferral 'always' is not one of auto, never"):
        OptimizerConfig.preset("balanced", tool_deferral="always")
