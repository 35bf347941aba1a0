"""The shapes of the three dialects: which texts may be rewritten, and which are only counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, ROWS, anthropic_body, openai_body, responses_body
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.dialects.bodies import conversation_of, detect_dialect, text_parts_of
from token_optimizer.errors import PromptError
from token_optimizer.models import Dialect, Kind
from token_optimizer.optimizer.conversation.keys import message_keys
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.validate import structure_faults
from token_optimizer.ports import Ports
from token_optimizer.tokens.counts import count_body

MARK = {"type": "ephemeral"}
CITED = {"enabled": True}
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}


def _texts(body: dict[str, Any], dialect: Dialect) -> tuple[list[str], list[str]]:
    """What may be rewritten, and what is only counted."""
    text_parts = [text_part for text_part in text_parts_of(body, dialect) if text_part.text]
    written = [text_part.text for text_part in text_parts if text_part.path is not None]
    return written, [text_part.text for text_part in text_parts if text_part.path is None]


def _part(part: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": [part]}]}


def _text_source(text: str) -> dict[str, str]:
    return {"type": "text", "media_type": "text/plain", "data": text}


@pytest.mark.parametrize(
    ("message", "written", "counted"),
    [
        ({"role": "developer", "content": "a"}, ["a"], []),
        ({"role": "user", "name": "ann", "content": "a"}, ["a"], ["ann"]),
        ({"role": "user", "content": ""}, [], []),
        ({"role": "assistant", "content": None, "refusal": "No."}, [], ["No."]),
        ({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, [], ["No."]),
        ({"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}, [], ["f{}"]),
        (
            {
                "role": "assistant",
                "content": "a",
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"b": 1}'}},
                    {"id": "2", "type": "custom", "custom": {"name": "g", "input": "print(1)"}},
                ],
            },
            ["a"],
            ['f{"b": 1}', "gprint(1)"],
        ),
        ({"role": "assistant", "audio": {"id": "audio_1"}}, [], []),
        ({"role": "function", "name": "f", "content": "a"}, ["a"], ["f"]),
        ({"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "a"}]}, ["a"], []),
        ({"role": "robot", "content": "a"}, [], ["a"]),
        ({"content": "a"}, [], ["a"]),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}, [], []),
        ({"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA"}}]}, [], []),
        ({"role": "user", "content": [{"type": "file", "file": {"file_data": "AAAA"}}]}, [], []),
        ({"role": "user", "content": [{"type": "new", "text": "a", "content": ["b"]}]}, [], ["a"]),
    ],
)
def test_messages_of_chat_completions(
    message: dict[str, Any], written: list[str], counted: list[str]
) -> None:
    assert _texts({"messages": [message]}, "openai") == (written, counted)


@pytest.mark.parametrize(
    ("part", "written", "counted"),
    [
        ({"type": "text", "text": "a", "cache_control": MARK}, ["a"], []),
        ({"type": "text", "text": "a", "citations": [{"cited_text": "b"}]}, [], ["a"]),
        ({"type": "text", "text": "a", "citations": None}, ["a"], []),
        (THINKING, [], ["Hm."]),
        ({"type": "redacted_thinking", "data": "AAAA"}, [], []),
        ({"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1]}}, [], ['f{"a":[1]}']),
        ({"type": "server_tool_use", "id": "t", "name": "f", "input": {"q": "a"}}, [], ['f{"q":"a"}']),
        ({"type": "mcp_tool_use", "server_name": "s", "name": "f", "input": {}}, [], ["sf"]),
        ({"type": "tool_result", "tool_use_id": "t"}, [], []),
        ({"type": "tool_result", "tool_use_id": "t", "content": None, "is_error": True}, [], []),
        ({"type": "tool_result", "tool_use_id": "t", "content": "a", "is_error": True}, ["a"], []),
        (
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "text", "text": "a"}, {"type": "image", "source": {"data": "AAAA"}}],
            },
            ["a"],
            [],
        ),
        ({"type": "image", "source": {"type": "base64", "data": "AAAA"}}, [], []),
        ({"type": "document", "source": {"type": "base64", "data": "AAAA"}}, [], []),
        ({"type": "document", "title": "T", "source": {"type": "file", "file_id": "f"}}, [], ["T"]),
        ({"type": "document", "source": _text_source("a")}, ["a"], []),
        ({"type": "document", "source": _text_source("a"), "citations": CITED}, [], ["a"]),
        ({"type": "document", "source": {"type": "content", "content": "a"}}, ["a"], []),
        (
            {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "a"}]}},
            ["a"],
            [],
        ),
        (
            {
                "type": "search_result",
                "title": "T",
                "source": "S",
                "content": [{"type": "text", "text": "a"}],
            },
            ["a"],
            ["T\nS"],
        ),
        (
            {"type": "search_result", "citations": CITED, "content": [{"type": "text", "text": "a"}]},
            [],
            ["a"],
        ),
        (
            {
                "type": "web_search_tool_result",
                "content": [{"type": "web_search_result", "title": "T", "encrypted_content": "AAAA"}],
            },
            [],
            ["T"],
        ),
        (
            {
                "type": "web_fetch_tool_result",
                "content": {"content": {"type": "document", "source": _text_source("a")}},
            },
            [],
            ["a"],
        ),
        (
            {"type": "bash_code_execution_tool_result", "content": {"stdout": "a", "stderr": "b"}},
            [],
            ["a\nb"],
        ),
        ({"type": "mcp_tool_result", "content": [{"type": "text", "text": "a"}]}, [], ["a"]),
        ({"type": "compaction", "content": "a", "signature": "c2ln"}, [], ["a"]),
        ({"type": "container_upload", "file_id": "f"}, [], []),
    ],
)
def test_parts_of_anthropics_messages(part: dict[str, Any], written: list[str], counted: list[str]) -> None:
    assert _texts(_part(part), "anthropic") == (written, counted)


@pytest.mark.parametrize(
    ("item", "written", "counted"),
    [
        ({"role": "developer", "content": "a"}, ["a"], []),
        ({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}, ["a"], []),
        ({"role": "assistant", "content": [{"type": "output_text", "text": "a"}]}, ["a"], []),
        (
            {"role": "assistant", "content": [{"type": "output_text", "text": "a", "annotations": [{}]}]},
            [],
            ["a"],
        ),
        ({"role": "user", "content": [{"type": "input_file", "file_data": "AAAA"}]}, [], []),
        ({"type": "reasoning", "summary": [{"text": "a"}], "encrypted_content": "AAAA"}, [], ["a"]),
        ({"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}, [], ["f{}"]),
        ({"type": "function_call_output", "call_id": "1", "output": "a"}, ["a"], []),
        (
            {"type": "custom_tool_call_output", "output": [{"type": "input_text", "text": "a"}]},
            ["a"],
            [],
        ),
        ({"type": "local_shell_call", "action": {"command": ["ls"]}}, [], ['{"command":["ls"]}']),
        (
            {"type": "local_shell_call_output", "id": "1", "output": '{"stdout": "a"}'},
            [],
            ['{"stdout": "a"}'],
        ),
        ({"type": "shell_call_output", "output": [{"stdout": "a", "stderr": "b"}]}, ["a", "b"], []),
        ({"type": "apply_patch_call", "operation": {"diff": "+a"}}, [], ['{"diff":"+a"}']),
        ({"type": "apply_patch_call_output", "status": "failed", "output": "a"}, ["a"], []),
        ({"type": "mcp_call", "name": "f", "arguments": "{}", "output": "a"}, [], ["f{}a"]),
        ({"type": "image_generation_call", "result": "AAAA"}, [], []),
        ({"type": "computer_call_output", "output": {"image_url": "data:"}}, [], []),
        ({"type": "compaction", "encrypted_content": "AAAA"}, [], []),
        ({"type": "item_reference", "id": "msg_1"}, [], []),
        ({"id": "msg_1"}, [], []),
    ],
)
def test_items_of_responses(item: dict[str, Any], written: list[str], counted: list[str]) -> None:
    assert _texts({"input": [item]}, "responses") == (written, counted)


@pytest.mark.parametrize("name", ["openai", "anthropic", "responses"])
def test_every_message_has_a_block_so_that_none_outlives_its_turn(name: Dialect) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "image"}]}, {"role": "tool"}, {}]
    body = {"messages": messages, "input": messages}
    assert [text_part.message for text_part in text_parts_of(body, name)] == [0, 1, 2]


def test_text_between_signed_reasoning_stays_and_what_follows_may_be_rewritten() -> None:
    parts = [{"type": "text", "text": "a"}, THINKING, {"type": "text", "text": "b"}]
    body = {"messages": [{"role": "assistant", "content": parts}]}
    assert _texts(body, "anthropic") == (["b"], ["a", "Hm."])


def test_deprecated_functions_count() -> None:
    body = {"messages": [{"role": "user", "content": "a"}]}
    assert count_body(body | {"functions": [{"name": "f"}]}, "openai", "gpt-4o") > count_body(
        body, "openai", "gpt-4o"
    )


def test_what_is_never_altered_counts_in_the_result() -> None:
    body = _part(THINKING | {"thinking": "word " * 500}, "assistant")
    body["messages"] = [{"role": "user", "content": "a"}, *body["messages"], {"role": "user", "content": "b"}]
    result = optimize_body(body, "anthropic", config=OptimizerConfig.preset("balanced"))
    assert result.stats.tokens_before == count_body(body, "anthropic", "gpt-4o") > 500
    reasons = [fate.reason for fate in result.stats.blocks if fate.kind is Kind.OPAQUE]
    assert reasons == ["goes as it came: signed, cited, or of a kind that is never altered"]


@pytest.mark.parametrize(
    ("body", "dialect"),
    [(openai_body(), "openai"), (anthropic_body(), "anthropic"), (responses_body(), "responses")],
)
def test_the_dialect_is_seen(body: dict[str, Any], dialect: Dialect) -> None:
    assert detect_dialect(conversation_of(body, dialect), body["tools"]) == dialect
    assert detect_dialect(conversation_of(body, dialect)) == dialect


def test_a_type_that_is_no_text_is_of_no_dialect() -> None:
    assert detect_dialect([{"type": ["a"], "content": [{"type": {}}, "b"]}, 3]) == "openai"


def test_responses_are_optimized() -> None:
    body = responses_body()
    result = optimize_body(body, "responses", config=OptimizerConfig.preset("balanced"), budget_tokens=1500)
    assert body == responses_body()
    assert result.stats.tokens_after == count_body(result.body, "responses", "gpt-5.4") <= 1500
    assert not result.stats.fallback_used
    items = result.body["input"]
    assert [item.get("type") for item in items] == [item.get("type") for item in body["input"]]
    assert items[2] == body["input"][2]
    assert items[-1] == body["input"][-1]
    assert "lost its lease on shard 19" in items[3]["output"]
    assert len(items[5]["output"][0]["stdout"]) < len(ROWS)
    assert result.body["instructions"] == body["instructions"]


def test_the_librarys_function_takes_items() -> None:
    items, stats = optimize(responses_body()["input"], responses_body()["tools"], budget_tokens=1500)
    assert items[2]["call_id"] == "call_1"
    assert stats.tokens_after <= 1500
    assert stats.tools is not None
    assert stats.tools[0]["parameters"]["required"] == ["path"]


def test_an_input_that_is_a_text() -> None:
    body = {"input": f"Why did shard 19 stop?\n\n{LOG}", "model": "gpt-5.4"}
    result = optimize_body(body, "responses", config=OptimizerConfig.preset("balanced"), budget_tokens=500)
    assert result.stats.tokens_after <= 500
    assert result.body["input"].startswith("Why did shard 19 stop?")
    assert "lost its lease on shard 19" in result.body["input"]


def test_a_stored_prompt_needs_no_input() -> None:
    body = {"prompt": {"id": "pmpt_1"}}
    result = optimize_body(body, "responses", config=OptimizerConfig())
    assert (result.body, result.changed) == (body, False)
    assert structure_faults(body, "responses") == set()


@pytest.mark.parametrize("given", [7, {"role": "user"}])
def test_an_input_that_is_no_conversation_is_named(given: Any) -> None:
    with pytest.raises(PromptError, match="input must be a list"):
        conversation_of({"input": given}, "responses")


def test_an_item_that_is_no_object_is_named() -> None:
    with pytest.raises(PromptError, match=r"input\[0\] must be an object, not str"):
        conversation_of({"input": ["a"]}, "responses")


def test_a_conversation_of_items_is_sent_again_as_it_was() -> None:
    config = OptimizerConfig.preset("balanced")
    memory = InProcessMemory()
    body = responses_body()
    first = optimize_body(body, "responses", config=config, ports=Ports(memory=memory))
    later = body | {"input": [*body["input"], {"role": "user", "content": "And now?"}]}
    second = optimize_body(later, "responses", config=config, ports=Ports(memory=memory))
    assert second.body["input"][: len(body["input"])] == first.body["input"]
    assert any(fate.frozen for fate in second.stats.blocks)


@pytest.mark.parametrize("mark", ["cache_control", "prompt_cache_breakpoint"])
def test_keys_of_messages_do_not_depend_on_where_the_cache_mark_is(mark: str) -> None:
    part = {"type": "text", "text": "a"}
    assert message_keys(_part(part), "openai", b"") == message_keys(_part(part | {mark: {}}), "openai", b"")


CALL = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "1", "output": "a"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": []}
ASK = {"role": "user", "content": "a"}


@pytest.mark.parametrize(
    ("items", "faults"),
    [
        ([ASK, REASONING, CALL, ASK, OUTPUT], set()),
        ([ASK, CALL, CALL | {"call_id": "2"}, OUTPUT | {"call_id": "2"}, OUTPUT], set()),
        ([ASK, OUTPUT], {"tool result without its call"}),
        ([OUTPUT, CALL], {"tool result without its call"}),
        ([ASK, CALL], {"tool call without its result"}),
        ([ASK, REASONING], {"reasoning without what it led to"}),
        ([REASONING, ASK], {"reasoning without what it led to"}),
        ([], {"no messages"}),
    ],
)
def test_faults_of_items(items: list[dict[str, Any]], faults: set[str]) -> None:
    assert structure_faults({"input": items}, "responses") == faults


def test_a_call_may_stand_in_an_earlier_response() -> None:
    body = {"input": [OUTPUT], "previous_response_id": "resp_1"}
    assert structure_faults(body, "responses") == set()
