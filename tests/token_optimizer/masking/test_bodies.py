"""Bodies with placeholders, and answers with the originals: which texts are masked, and which stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from token_optimizer.errors import PromptError
from token_optimizer.masking.bodies import masked_body, restored_payload
from token_optimizer.masking.masker import Masker

MAIL = "jo@example.com"


def masker(*patterns: str) -> Masker:
    return Masker(["email"], patterns, "key")


def placeholder() -> str:
    return masker().placeholder(MAIL, "email")


def test_the_same_secret_has_the_same_placeholder_in_every_request_of_a_project() -> None:
    one, other = masker(), masker()
    first = masked_body({"messages": [{"role": "user", "content": f"to {MAIL}"}]}, one)
    more = {"messages": [{"role": "user", "content": f"x@y.org {MAIL} {MAIL}"}]}
    assert first["messages"][0]["content"] == f"to {placeholder()}"
    assert masked_body(more, other)["messages"][0]["content"].split()[1:] == [placeholder()] * 2
    assert other.counts() == {"email": 2}


def test_another_projects_placeholders_are_others() -> None:
    assert Masker(["email"], [], "another").placeholder(MAIL, "email") != placeholder()


@pytest.mark.parametrize(
    "body",
    [
        {"system": MAIL},
        {"system": [{"type": "text", "text": MAIL}]},
        {"instructions": MAIL},
        {"input": MAIL},
        {"input": [{"type": "function_call_output", "call_id": "c", "output": MAIL}]},
        {"input": [{"type": "function_call", "name": "f", "arguments": json.dumps({"name": MAIL})}]},
        {"input": [{"type": "custom_tool_call", "name": "f", "input": MAIL}]},
        {"messages": [{"role": "user", "content": MAIL}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": MAIL}]}]},
        {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "input": {"name": MAIL}}]}]},
        {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "input": {MAIL: 1}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": MAIL}]}]},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "document", "source": {"type": "text", "data": MAIL}, "title": MAIL}
                    ],
                }
            ]
        },
        {
            "tools": [
                {"name": "f", "description": MAIL, "input_schema": {"properties": {"name": {"enum": [MAIL]}}}}
            ]
        },
        {"metadata": {"id": MAIL}, "user": MAIL},
    ],
)
def test_texts_are_masked_wherever_they_stand_and_come_back(body: dict[str, Any]) -> None:
    before = json.dumps(body)
    mask = masker()
    masked = masked_body(body, mask)
    assert MAIL not in json.dumps(masked)
    assert json.dumps(body) == before, "the body that was given is as it was"
    assert restored_payload(masked, mask.originals()) == body


@pytest.mark.parametrize(
    "body",
    [
        {"model": MAIL, "mcp_servers": [{"authorization_token": MAIL}], "prompt_cache_key": MAIL},
        {"tools": [{"type": "mcp", "server_url": f"https://{MAIL}", "headers": {"x": MAIL}}]},
        {"messages": [{"role": "user", "name": MAIL, "content": "hi"}]},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": f"https://{MAIL}/a"}}],
                }
            ]
        },
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"filename": f"{MAIL}.pdf"}}]}]},
        {
            "messages": [
                {"role": "assistant", "content": [{"type": "thinking", "thinking": MAIL, "signature": "s"}]}
            ]
        },
        {"input": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": MAIL}]}]},
        {"input": [{"type": "compaction", "encrypted_content": MAIL}]},
    ],
)
def test_names_media_and_what_is_signed_stay(body: dict[str, Any]) -> None:
    mask = masker()
    assert masked_body(body, mask) == body
    assert not mask.found


def test_an_original_is_escaped_within_the_arguments_of_a_call() -> None:
    key = 'line "one"\nline \\two'
    mask = Masker([], [r'line "one"\nline \\two'], "key")
    masked = masked_body({"input": [{"type": "function_call", "arguments": json.dumps({"k": key})}]}, mask)
    [name] = mask.mapping()
    assert json.loads(masked["input"][0]["arguments"]) == {"k": name}
    for said in (name, name.replace("<", r"\u003c").replace(">", r"\u003E")):
        answer = restored_payload({"arguments": f'{{"k":"{said}"}}', "text": name}, mask.originals())
        assert json.loads(answer["arguments"]) == {"k": key}
        assert answer["text"] == key


def test_a_deep_body_is_no_obstacle() -> None:
    deep: Any = MAIL
    for _ in range(5_000):
        deep = [deep]
    masked = masked_body({"metadata": {"x": deep}}, masker())["metadata"]["x"]
    while isinstance(masked, list):
        [masked] = masked
    assert masked == placeholder()


def test_two_secrets_never_share_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("token_optimizer.masking.placeholders.MIN_CODE_CHARS", 1)
    mask = masker()
    mails = [f"user{number}@example.com" for number in range(100)]
    masked = masked_body({"input": " ".join(mails)}, mask)["input"]
    assert len(set(masked.split())) == len(mails)


def test_patterns_that_take_too_long_refuse_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("token_optimizer.masking.masker.MAX_SECONDS", -1.0)
    with pytest.raises(PromptError, match="mask_patterns take more than"):
        masked_body({"input": "secret"}, masker("secret"))
